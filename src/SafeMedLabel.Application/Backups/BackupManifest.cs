using System.Text.Json;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Backups;

/// <summary>A backup's last entry: what made it, and what must be in it.</summary>
public sealed record BackupManifest
{
    /// <summary>Its name in the backup.</summary>
    internal const string EntryName = "manifest.json";

    /// <summary>The format that this program writes, and the latest that it reads. Format 1 had no <see cref="Lengths"/>.</summary>
    internal const int CurrentFormat = 2;

    /// <summary>The first format with <see cref="Lengths"/>.</summary>
    internal const int FirstWithLengths = 2;

    // Shown in a sentence: what does not fit there is none.
    private const int MaximumSoftware = 200;

    // It may come from anywhere: nothing in it is null or there twice.
    private static readonly JsonSerializerOptions Strict = new(StoredJson.Options) { RespectNullableAnnotations = true, AllowDuplicateProperties = false };

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

    /// <summary>Bytes of every file of <see cref="Files"/>; empty in format 1.</summary>
    public IReadOnlyDictionary<string, long> Lengths { get; init; } = new Dictionary<string, long>();

    /// <summary>Paths of files that the database names, and that the storage had lost or damaged: they are in no backup of it.</summary>
    public required IReadOnlyList<string> Missing { get; init; }

    /// <summary>As the backup holds it.</summary>
    internal byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, StoredJson.Options);

    /// <summary>Reads it.</summary>
    /// <exception cref="JsonException">These bytes are no manifest, or one with something missing or impossible in it.</exception>
    internal static BackupManifest Parse(byte[] json)
    {
        var manifest = JsonSerializer.Deserialize<BackupManifest>(json, Strict) ?? throw new JsonException("The manifest is empty.");
        return manifest.Format < 1 || manifest.Software.Length > MaximumSoftware || manifest.Software.Any(char.IsControl)
            || manifest.Files.Values.Any(hash => hash is null) || manifest.Missing.Any(path => path is null)
            ? throw new JsonException("The manifest lacks something.")
            : manifest;
    }
}
