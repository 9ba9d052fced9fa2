using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SafeMedLabel.Application.Datasets;

namespace SafeMedLabel.Application.Live;

/// <summary>An image's place in a live ranking. Apart from the image's row, so that a new order is a thousand new rows and not a million changed ones.</summary>
public sealed class LiveRank
{
    /// <summary>The ranking.</summary>
    public int RankingId { get; set; }

    /// <summary>0-based place.</summary>
    public int Rank { get; set; }

    /// <summary>The image.</summary>
    public Guid ImageId { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<LiveRank>
    {
        public void Configure(EntityTypeBuilder<LiveRank> builder)
        {
            builder.HasKey(r => new { r.RankingId, r.Rank });
            builder.HasOne<LiveRanking>().WithMany().HasForeignKey(r => r.RankingId);
            builder.HasOne<ProjectImage>().WithMany().HasForeignKey(r => r.ImageId);
        }
    }
}
