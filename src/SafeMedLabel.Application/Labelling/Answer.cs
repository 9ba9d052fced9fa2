using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SafeMedLabel.Application.Datasets;

namespace SafeMedLabel.Application.Labelling;

/// <summary>A reader's standing answer for an image: the label events folded, so that the queue asks one small table.</summary>
public sealed class Answer
{
    /// <summary>The image.</summary>
    public Guid ImageId { get; set; }

    /// <summary>The reader.</summary>
    public required string ReaderId { get; set; }

    /// <summary>The project.</summary>
    public int ProjectId { get; set; }

    /// <summary>What stands; a label, a skip or 'unreadable'.</summary>
    public AnswerKind Kind { get; set; }

    /// <summary>The class, where <see cref="Kind"/> is a label.</summary>
    public int? ClassIndex { get; set; }

    /// <summary>The class the reader gave before they saw anything of the model's opinion; null where they gave none.</summary>
    public int? UnaidedClassIndex { get; set; }

    /// <summary>The event it comes from.</summary>
    public long EventId { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<Answer>
    {
        public void Configure(EntityTypeBuilder<Answer> builder)
        {
            builder.HasKey(a => new { a.ImageId, a.ReaderId });
            builder.HasIndex(a => new { a.ProjectId, a.Kind, a.ImageId });
            // A reader's last answer, for undo.
            builder.HasIndex(a => new { a.ProjectId, a.ReaderId, a.EventId });
            builder.HasOne<ProjectImage>().WithMany().HasForeignKey(a => a.ImageId);
        }
    }
}
