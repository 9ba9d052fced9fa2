using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Core.Acquisition;

namespace SafeMedLabel.Application.Live;

/// <summary>
/// What one backbone saw in a project's images, in the order in which they were read: a file of features, and one of the content hashes that they belong
/// to. Both only grow. What a killed worker left of a row is written over.
/// </summary>
/// <param name="folder">The project's folder.</param>
/// <param name="size">Side in pixels of the images that the backbone looked at.</param>
/// <param name="backbone">SHA-256 of the backbone's weights.</param>
public sealed class FeatureFile(string folder, int size, string backbone)
{
    /// <summary>How the names of all such files begin.</summary>
    public const string Prefix = "features-";

    private const int HashBytes = 32;

    private string Name => $"{Prefix}{size}-{backbone[..16]}";

    /// <summary>The file of features: <see cref="ImageFeatures.Bytes"/> an image.</summary>
    public string FeaturesPath => Path.Combine(folder, $"{Name}.features");

    private string HashesPath => Path.Combine(folder, $"{Name}.hashes");

    /// <summary>The row of each image that is there, by <see cref="ContentStore.KeyOf"/>.</summary>
    public Dictionary<UInt128, int> ReadRows()
    {
        var count = Count();
        var rows = new Dictionary<UInt128, int>(count);
        if (count > 0)
        {
            using var hashes = new BinaryReader(File.OpenRead(HashesPath));
            for (var row = 0; row < count; row++)
            {
                rows[ContentStore.KeyOf(Convert.ToHexStringLower(hashes.ReadBytes(HashBytes)))] = row;
            }
        }

        return rows;
    }

    /// <summary>Adds images.</summary>
    /// <param name="contentHashes">Their content hashes.</param>
    /// <param name="features">Their features.</param>
    public void Append(IReadOnlyList<string> contentHashes, byte[] features)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(features.Length, contentHashes.Count * ImageFeatures.Bytes);
        Directory.CreateDirectory(folder);
        var count = Count();
        // Features first: a hash without features would be believed.
        Append(FeaturesPath, (long)count * ImageFeatures.Bytes, features);
        Append(HashesPath, (long)count * HashBytes, [.. contentHashes.SelectMany(Convert.FromHexString)]);
    }

    /// <summary>Deletes it: what it holds is made anew.</summary>
    public void Delete()
    {
        File.Delete(HashesPath);
        File.Delete(FeaturesPath);
    }

    /// <summary>Deletes what other backbones, or this one at another size, saw in the project's images.</summary>
    public void DeleteOthers()
    {
        foreach (var file in Directory.EnumerateFiles(folder, $"{Prefix}*").Where(f => Path.GetFileNameWithoutExtension(f) != Name).ToList())
        {
            File.Delete(file);
        }
    }

    /// <summary>Images that are there.</summary>
    public int Count() => (int)Math.Min(Length(FeaturesPath) / ImageFeatures.Bytes, Length(HashesPath) / HashBytes);

    private static long Length(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    private static void Append(string path, long at, byte[] bytes)
    {
        using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
        file.SetLength(at);
        file.Position = at;
        file.Write(bytes);
        file.Flush(flushToDisk: true);
    }
}
