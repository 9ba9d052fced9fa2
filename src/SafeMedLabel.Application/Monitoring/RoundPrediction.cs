using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Rounds;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>What a round's model said of an image of the pool before anybody had read it.</summary>
public sealed class RoundPrediction
{
    /// <summary>The round.</summary>
    public int RoundId { get; set; }

    /// <summary>The image.</summary>
    public Guid ImageId { get; set; }

    /// <summary>The most probable class.</summary>
    public int ClassIndex { get; set; }

    /// <summary>Its probability.</summary>
    public double Confidence { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<RoundPrediction>
    {
        public void Configure(EntityTypeBuilder<RoundPrediction> builder)
        {
            builder.HasKey(p => new { p.RoundId, p.ImageId });
            builder.HasOne<Round>().WithMany().HasForeignKey(p => p.RoundId);
            builder.HasOne<ProjectImage>().WithMany().HasForeignKey(p => p.ImageId);
        }
    }
}
