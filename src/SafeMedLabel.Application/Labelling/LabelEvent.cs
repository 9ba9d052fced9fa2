using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SafeMedLabel.Application.Datasets;

namespace SafeMedLabel.Application.Labelling;

/// <summary>One thing a reader said. Never changed, never deleted: undo is another event.</summary>
public sealed class LabelEvent
{
    /// <summary>Key, ascending in time; a round's label snapshot is such a number.</summary>
    public long Id { get; set; }

    /// <summary>The project.</summary>
    public int ProjectId { get; set; }

    /// <summary>The image.</summary>
    public Guid ImageId { get; set; }

    /// <summary>The reader.</summary>
    public required string ReaderId { get; set; }

    /// <summary>What was said.</summary>
    public AnswerKind Kind { get; set; }

    /// <summary>The class, where <see cref="Kind"/> is a label.</summary>
    public int? ClassIndex { get; set; }

    /// <summary>When it was stored, UTC.</summary>
    public DateTime AtUtc { get; set; }

    /// <summary>How long the image was looked at, in milliseconds.</summary>
    public int ElapsedMilliseconds { get; set; }

    /// <summary>Made by the client once per answer, so that one sent twice is stored once.</summary>
    public Guid ClientKey { get; set; }

    /// <summary>The round whose ranking showed the image; null before the first.</summary>
    public int? QueueRoundId { get; set; }

    /// <summary>Why the reader was shown the image; null of an undo.</summary>
    public QueueReason? Reason { get; set; }

    /// <summary>What the reader had seen of the model's opinion.</summary>
    public Aid Aid { get; set; }

    /// <summary>The import that brought it from elsewhere; null of what was said here.</summary>
    public int? ImportId { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<LabelEvent>
    {
        public void Configure(EntityTypeBuilder<LabelEvent> builder)
        {
            builder.HasIndex(e => e.ClientKey).IsUnique();
            builder.HasIndex(e => new { e.ProjectId, e.ReaderId, e.Id });
            // What was said since an event.
            builder.HasIndex(e => new { e.ProjectId, e.Id });
            builder.HasOne<ProjectImage>().WithMany().HasForeignKey(e => e.ImageId);
        }
    }
}
