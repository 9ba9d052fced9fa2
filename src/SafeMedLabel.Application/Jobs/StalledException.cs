namespace SafeMedLabel.Application.Jobs;

/// <summary>Work got no further for as long as it may; the message is one sentence for the person who asked for it.</summary>
public sealed class StalledException(string message) : Exception(message);
