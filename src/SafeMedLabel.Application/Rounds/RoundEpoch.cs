using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace SafeMedLabel.Application.Rounds;

/// <summary>One finished epoch of a round, with the safety filter's ledger.</summary>
public sealed class RoundEpoch
{
    /// <summary>The round.</summary>
    public int RoundId { get; set; }

    /// <summary>1-based.</summary>
    public int Epoch { get; set; }

    /// <summary>Mean supervised loss L_x.</summary>
    public double SupervisedLoss { get; set; }

    /// <summary>Mean weighted loss of the pseudo-labels L_u.</summary>
    public double UnlabelledLoss { get; set; }

    /// <summary>Accuracy on the validation split; null where it is empty.</summary>
    public double? ValidationAccuracy { get; set; }

    /// <summary>Pseudo-labels that passed the filter.</summary>
    public long Accepted { get; set; }

    /// <summary>Pseudo-labels that either layer rejected.</summary>
    public long Rejected { get; set; }

    /// <summary>Those of them that the second layer, the confidence's weight, rejected.</summary>
    public long Unsure { get; set; }

    /// <summary>Those that the first layer, the uncertainty's limit, rejected.</summary>
    public long Uncertain => Rejected - Unsure;

    /// <summary>
    /// The last pseudo-label of each image of the round's <see cref="Monitoring.RoundPrediction"/>s in the order of their content hashes, as
    /// <see cref="Core.Safety.PseudoLabelTrace.ToBytes"/> gives it. Empty where an earlier version of the program trained.
    /// </summary>
    public byte[] Audited { get; set; } = [];

    /// <summary>Mean confidence weight of the accepted.</summary>
    public double MeanWeight { get; set; }

    /// <summary>Seconds it took.</summary>
    public double Seconds { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<RoundEpoch>
    {
        public void Configure(EntityTypeBuilder<RoundEpoch> builder)
        {
            builder.HasKey(e => new { e.RoundId, e.Epoch });
            builder.Ignore(e => e.Uncertain);
            builder.HasOne<Round>().WithMany().HasForeignKey(e => e.RoundId);
        }
    }
}
