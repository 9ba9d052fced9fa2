using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SafeMedLabel.Application.Datasets;

namespace SafeMedLabel.Application.Labelling;

/// <summary>A reader holds an image until a time. One row per image, so two readers cannot; an expired one counts as none.</summary>
public sealed class Lease
{
    /// <summary>The image.</summary>
    public Guid ImageId { get; set; }

    /// <summary>The project.</summary>
    public int ProjectId { get; set; }

    /// <summary>Who holds it.</summary>
    public required string ReaderId { get; set; }

    /// <summary>Position among the reader's leases: an undone image goes before the others.</summary>
    public long Order { get; set; }

    /// <summary>Until when, UTC.</summary>
    public DateTime ExpiresUtc { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<Lease>
    {
        public void Configure(EntityTypeBuilder<Lease> builder)
        {
            builder.HasKey(l => l.ImageId);
            builder.HasIndex(l => new { l.ProjectId, l.ReaderId });
            builder.HasOne<ProjectImage>().WithMany().HasForeignKey(l => l.ImageId);
        }
    }
}
