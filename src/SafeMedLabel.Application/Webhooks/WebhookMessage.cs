using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace SafeMedLabel.Application.Webhooks;

/// <summary>How far a message is.</summary>
public enum WebhookMessageState
{
    /// <summary>To be sent, for the first time or again.</summary>
    Waiting,

    /// <summary>The receiver took it.</summary>
    Delivered,

    /// <summary>The receiver did not take it for days.</summary>
    GivenUp,
}

/// <summary>Something to tell a webhook: written together with what it tells of, sent afterwards.</summary>
public sealed class WebhookMessage
{
    /// <summary>Key; a webhook's messages are sent in its order.</summary>
    public long Id { get; set; }

    /// <summary>The webhook.</summary>
    public int WebhookId { get; set; }

    /// <summary>By which the receiver knows it again when it comes twice, as <c>msg_…</c>.</summary>
    public required string MessageId { get; set; }

    /// <summary>What it tells of, as <c>label.created</c>.</summary>
    public required string Type { get; set; }

    /// <summary>The document that is sent.</summary>
    public required string Payload { get; set; }

    /// <summary>When it was written, UTC.</summary>
    public DateTime CreatedUtc { get; set; }

    /// <summary>How far it is.</summary>
    public WebhookMessageState State { get; set; }

    /// <summary>How often it was sent.</summary>
    public int Attempts { get; set; }

    /// <summary>What the receiver answered last, in words.</summary>
    public string? LastAnswer { get; set; }

    /// <summary>When it was sent last, UTC.</summary>
    public DateTime? LastSentUtc { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<WebhookMessage>
    {
        public void Configure(EntityTypeBuilder<WebhookMessage> builder)
        {
            builder.Property(m => m.MessageId).HasMaxLength(40);
            builder.Property(m => m.Type).HasMaxLength(40);
            builder.Property(m => m.LastAnswer).HasMaxLength(200);
            builder.HasIndex(m => new { m.WebhookId, m.State, m.Id });
            builder.HasOne<Webhook>().WithMany().HasForeignKey(m => m.WebhookId);
        }
    }
}
