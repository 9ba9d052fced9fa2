namespace SafeMedLabel.Application.Rounds;

/// <summary>A round cannot go on, and a person can understand why: the message is shown as it is.</summary>
public sealed class RoundException(string message) : Exception(message);
