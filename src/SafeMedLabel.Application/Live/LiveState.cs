using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SafeMedLabel.Application.Datasets;

namespace SafeMedLabel.Application.Live;

/// <summary>How far a project's live ranking is: one row a project, written by the worker.</summary>
public sealed class LiveState
{
    /// <summary>The project.</summary>
    public int ProjectId { get; set; }

    /// <summary>The ranking whose order the queue has; null while it has a round's, or none.</summary>
    public int? RankingId { get; set; }

    /// <summary>Images whose features are wanted.</summary>
    public int ImagesWanted { get; set; }

    /// <summary>Those whose features are there.</summary>
    public int ImagesRead { get; set; }

    /// <summary>Why it gets no further, in a sentence; null where it does.</summary>
    public string? Problem { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<LiveState>
    {
        public void Configure(EntityTypeBuilder<LiveState> builder)
        {
            builder.HasKey(s => s.ProjectId);
            builder.Property(s => s.ProjectId).ValueGeneratedNever();
            builder.HasOne<Project>().WithMany().HasForeignKey(s => s.ProjectId);
        }
    }
}
