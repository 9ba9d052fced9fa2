namespace SafeMedLabel.Application.Outbound;

/// <summary>A connection was not made because <see cref="OutboundGuard"/> refuses where it leads.</summary>
public sealed class OutboundRefusedException() : Exception(OutboundGuard.Refusal);
