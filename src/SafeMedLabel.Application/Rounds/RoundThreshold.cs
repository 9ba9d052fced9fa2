using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace SafeMedLabel.Application.Rounds;

/// <summary>Silent-failure rate and coverage of a round's model at one confidence threshold.</summary>
public sealed class RoundThreshold
{
    /// <summary>The round.</summary>
    public int RoundId { get; set; }

    /// <summary>Confidence threshold.</summary>
    public double Threshold { get; set; }

    /// <summary>Wrong and more confident than the threshold, as a fraction of the test set.</summary>
    public double SilentFailureRate { get; set; }

    /// <summary>More confident than the threshold, as a fraction of the test set.</summary>
    public double Coverage { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<RoundThreshold>
    {
        public void Configure(EntityTypeBuilder<RoundThreshold> builder)
        {
            builder.HasKey(t => new { t.RoundId, t.Threshold });
            builder.HasOne<Round>().WithMany().HasForeignKey(t => t.RoundId);
        }
    }
}
