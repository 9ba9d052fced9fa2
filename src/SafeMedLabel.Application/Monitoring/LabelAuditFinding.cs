using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SafeMedLabel.Application.Datasets;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>A label that an audit suspects, and whether somebody sent its image for a second reading.</summary>
public sealed class LabelAuditFinding
{
    /// <summary>The audit.</summary>
    public int AuditId { get; set; }

    /// <summary>The image.</summary>
    public Guid ImageId { get; set; }

    /// <summary>0-based place among the audit's findings, the most suspicious first.</summary>
    public int Rank { get; set; }

    /// <summary>The experts' label.</summary>
    public int GivenClass { get; set; }

    /// <summary>The class that the model which never saw the patient is confident of.</summary>
    public int SuggestedClass { get; set; }

    /// <summary>Its probability of the label.</summary>
    public double GivenProbability { get; set; }

    /// <summary>Its probability of the class that it suggests.</summary>
    public double SuggestedProbability { get; set; }

    /// <summary>When the image was sent for a second reading, UTC; null where it was not.</summary>
    public DateTime? SentUtc { get; set; }

    /// <summary>Who sent it.</summary>
    public string? SentById { get; set; }

    /// <summary>The last label event at that time: readings after it are second ones.</summary>
    public long? SentAfterEventId { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<LabelAuditFinding>
    {
        public void Configure(EntityTypeBuilder<LabelAuditFinding> builder)
        {
            builder.HasKey(f => new { f.AuditId, f.ImageId });
            builder.HasIndex(f => new { f.AuditId, f.Rank }).IsUnique();
            builder.HasOne<LabelAudit>().WithMany().HasForeignKey(f => f.AuditId);
            builder.HasOne<ProjectImage>().WithMany().HasForeignKey(f => f.ImageId);
        }
    }
}
