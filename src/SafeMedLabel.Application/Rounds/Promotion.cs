using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;

namespace SafeMedLabel.Application.Rounds;

/// <summary>How a model became the active one.</summary>
public enum PromotionKind
{
    /// <summary>The gate let it through.</summary>
    Gate,

    /// <summary>A person signed for it, with a reason, whatever the gate said.</summary>
    Override,

    /// <summary>A person went back to it, or to none, from the one that followed.</summary>
    RollBack,
}

/// <summary>A change of a project's active model; never altered or deleted.</summary>
public sealed class Promotion
{
    /// <summary>Longest reason.</summary>
    public const int MaxReason = 1000;

    /// <summary>Key; grows with time.</summary>
    public int Id { get; set; }

    /// <summary>The project.</summary>
    public int ProjectId { get; set; }

    /// <summary>The round whose model is active from then on; null where none is.</summary>
    public int? RoundId { get; set; }

    /// <summary>The round whose model was active until then; null where none was.</summary>
    public int? PreviousRoundId { get; set; }

    /// <summary>How.</summary>
    public PromotionKind Kind { get; set; }

    /// <summary>Who; null where the gate did.</summary>
    public string? ById { get; set; }

    /// <summary>Why, in the signer's words; null but of an override.</summary>
    public string? Reason { get; set; }

    /// <summary>When, UTC.</summary>
    public DateTime AtUtc { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<Promotion>
    {
        public void Configure(EntityTypeBuilder<Promotion> builder)
        {
            builder.Property(p => p.Reason).HasMaxLength(MaxReason);
            builder.HasIndex(p => p.ProjectId);
            builder.HasOne<Project>().WithMany().HasForeignKey(p => p.ProjectId);
            builder.HasOne<Round>().WithMany().HasForeignKey(p => p.RoundId);
            builder.HasOne<AppUser>().WithMany().HasForeignKey(p => p.ById);
        }
    }
}
