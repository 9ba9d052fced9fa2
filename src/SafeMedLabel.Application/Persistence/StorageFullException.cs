namespace SafeMedLabel.Application.Persistence;

/// <summary>Something would leave less room on the storage's disk than must stay free; the message is one sentence for the person who asked for it.</summary>
public sealed class StorageFullException(string message) : IOException(message);
