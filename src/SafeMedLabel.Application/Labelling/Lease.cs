using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SafeMedLabel.Application.Datasets;

namespace SafeMedLabel.Application.Labelling;

/// <summary>
/// A reader holds an image until a time. When somebody asks for images after that time, it lapses, and its place may go to another; while
/// it does not, the reader's late answer counts.
/// </summary>
public sealed class Lease
{
    /// <summary>The image.</summary>
    public Guid ImageId { get; set; }

    /// <summary>The project.</summary>
    public int ProjectId { get; set; }

    /// <summary>Who holds it.</summary>
    public required string ReaderId { get; set; }

    /// <summary>Why they were given it.</summary>
    public QueueReason Reason { get; set; }

    /// <summary>Position among the reader's leases: an undone image goes before the others.</summary>
    public long Order { get; set; }

    /// <summary>Until when, UTC.</summary>
    public DateTime ExpiresUtc { get; set; }

    /// <summary>True once it was found expired: it then holds no place.</summary>
    public bool HasLapsed { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<Lease>
    {
        public void Configure(EntityTypeBuilder<Lease> builder)
        {
            builder.HasKey(l => new { l.ImageId, l.ReaderId });
            builder.HasIndex(l => new { l.ProjectId, l.ReaderId });
            // Those to lapse.
            builder.HasIndex(l => new { l.ProjectId, l.HasLapsed, l.ExpiresUtc });
            builder.HasOne<ProjectImage>().WithMany().HasForeignKey(l => l.ImageId);
        }
    }
}
