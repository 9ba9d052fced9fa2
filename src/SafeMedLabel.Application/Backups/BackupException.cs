namespace SafeMedLabel.Application.Backups;

/// <summary>A storage cannot be backed up, or a backup not be restored; the message is one sentence for the person who asked for it.</summary>
public sealed class BackupException(string message, Exception? cause = null) : Exception(message, cause);
