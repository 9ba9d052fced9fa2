namespace SafeMedLabel.Application.Webhooks;

/// <summary>A webhook in a list.</summary>
/// <param name="Id">Key.</param>
/// <param name="Address">Where messages go.</param>
/// <param name="Events">What it is told of.</param>
/// <param name="DisabledReason">Why nothing is sent any more; null while it is.</param>
/// <param name="RetryUtc">When it is tried again; null where it was reached last time.</param>
/// <param name="Waiting">Messages to be sent.</param>
public sealed record WebhookView(int Id, string Address, WebhookEvents Events, string? DisabledReason, DateTime? RetryUtc, int Waiting);
