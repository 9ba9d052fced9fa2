using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SafeMedLabel.Application.Datasets;

namespace SafeMedLabel.Application.Webhooks;

/// <summary>An address that is told what happens in a project.</summary>
public sealed class Webhook
{
    /// <summary>Longest <see cref="Address"/>.</summary>
    public const int MaxAddress = 500;

    /// <summary>Key.</summary>
    public int Id { get; set; }

    /// <summary>The project.</summary>
    public int ProjectId { get; set; }

    /// <summary>Where messages go, http or https. It may hold a secret.</summary>
    public required string Address { get; set; }

    /// <summary>What it is told of.</summary>
    public WebhookEvents Events { get; set; }

    /// <summary>What its messages are signed with, protected; null until the first is sent, where nobody asked for it.</summary>
    public string? ProtectedSecret { get; set; }

    /// <summary>When it was added, UTC.</summary>
    public DateTime CreatedUtc { get; set; }

    /// <summary>Why nothing is sent any more; null while it is.</summary>
    public string? DisabledReason { get; set; }

    /// <summary>How often in a row it was not reached.</summary>
    public int Failures { get; set; }

    /// <summary>When it is tried again, UTC; null where it was reached last time.</summary>
    public DateTime? RetryUtc { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<Webhook>
    {
        public void Configure(EntityTypeBuilder<Webhook> builder)
        {
            builder.Property(w => w.Address).HasMaxLength(MaxAddress);
            builder.Property(w => w.Events).HasMaxLength(100);
            builder.Property(w => w.DisabledReason).HasMaxLength(200);
            builder.HasOne<Project>().WithMany().HasForeignKey(w => w.ProjectId);
        }
    }
}
