using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SafeMedLabel.Application.Datasets;

namespace SafeMedLabel.Application.Live;

/// <summary>One live ranking of a queue, and how well the head behind it did on the validation patients.</summary>
public sealed class LiveRanking
{
    /// <summary>Images that are given an order: more than are read before the next ranking. The others follow as the latest round has them.</summary>
    public const int Length = 1000;

    /// <summary>Key.</summary>
    public int Id { get; set; }

    /// <summary>The project.</summary>
    public int ProjectId { get; set; }

    /// <summary>When the queue had its order, UTC.</summary>
    public DateTime AtUtc { get; set; }

    /// <summary>The last label event that it knows.</summary>
    public long LabelSnapshot { get; set; }

    /// <summary>Labelled images that the head learned from.</summary>
    public int Labels { get; set; }

    /// <summary>Images that it asked the head about.</summary>
    public int Images { get; set; }

    /// <summary>Number of the round whose model's backbone gave the features; null for the weights that come with the program.</summary>
    public int? BackboneRound { get; set; }

    /// <summary>Images of known class of the validation patients.</summary>
    public int ValidationCount { get; set; }

    /// <summary>The head's accuracy on them, 0 to 1; null without any.</summary>
    public double? Accuracy { get; set; }

    /// <summary>The head's AUC on them; null where they are of one class only.</summary>
    public double? Auc { get; set; }

    /// <summary>Seconds from its beginning to the new order.</summary>
    public double Seconds { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<LiveRanking>
    {
        public void Configure(EntityTypeBuilder<LiveRanking> builder)
        {
            builder.HasIndex(r => new { r.ProjectId, r.Id });
            builder.HasOne<Project>().WithMany().HasForeignKey(r => r.ProjectId);
        }
    }
}
