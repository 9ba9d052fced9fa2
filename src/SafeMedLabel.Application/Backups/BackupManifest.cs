using System.Text.Json;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Backups;

/// <summary>A backup's last entry: what made it, and what must be in it.</summary>
public sealed record BackupManifest
{
    /// <summary>Its name in the backup.</summary>
    internal const string EntryName = "manifest.json";

    /// <summary>The format that this program writes, and the latest that it reads.</summary>
    internal const int CurrentFormat = 1;

    /// <summary>Format of the backup.</summary>
    public required int Format { get; init; }

    /// <summary>Name and version of the program that made it.</summary>
    public required string Software { get; init; }

    /// <summary>When it was begun, UTC: whatever was acknowledged before is in it.</summary>
    public required DateTime MadeUtc { get; init; }

    /// <summary>How much it holds.</summary>
    public required BackupCounts Counts { get; init; }

    /// <summary>SHA-256, 64 lower-case hex digits, of every file but the images, by its path in the storage. An image's file is named by its own.</summary>
    public required IReadOnlyDictionary<string, string> Files { get; init; }

    /// <summary>Paths of files that the database names, and that the storage had lost or damaged: they are in no backup of it.</summary>
    public required IReadOnlyList<string> Missing { get; init; }

    /// <summary>As the backup holds it.</summary>
    internal byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, StoredJson.Options);

    /// <summary>Reads it.</summary>
    /// <exception cref="JsonException">These bytes are no manifest.</exception>
    internal static BackupManifest Parse(byte[] json) => JsonSerializer.Deserialize<BackupManifest>(json, StoredJson.Options) ?? throw new JsonException("The manifest is empty.");
}
