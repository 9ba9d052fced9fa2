using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SafeMedLabel.Application.Datasets;

namespace SafeMedLabel.Application.Labelling;

/// <summary>What was decided of an image whose readers do not agree. It stands above their answers, which stay.</summary>
public sealed class Adjudication
{
    /// <summary>The image.</summary>
    public Guid ImageId { get; set; }

    /// <summary>The project.</summary>
    public int ProjectId { get; set; }

    /// <summary>Who decided.</summary>
    public required string AdjudicatorId { get; set; }

    /// <summary>The class; null where the image cannot be read.</summary>
    public int? ClassIndex { get; set; }

    /// <summary>The event it comes from.</summary>
    public long EventId { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<Adjudication>
    {
        public void Configure(EntityTypeBuilder<Adjudication> builder)
        {
            builder.HasKey(a => a.ImageId);
            builder.HasIndex(a => new { a.ProjectId, a.AdjudicatorId, a.EventId });
            builder.HasOne<ProjectImage>().WithMany().HasForeignKey(a => a.ImageId);
        }
    }
}
