using System.Security.Cryptography;
using System.Text;

namespace SafeMedLabel.Core.Splitting;

/// <summary>A fingerprint of a split, stored with what was measured on it: equal hashes, equal splits.</summary>
public static class SplitHash
{
    /// <summary>SHA-256, in lower-case hexadecimal, of the lines "item TAB split LF" in ordinal order of the items.</summary>
    /// <param name="splits">The split of each item (patient or image).</param>
    public static string Compute(IEnumerable<KeyValuePair<string, DataSplit>> splits)
    {
        ArgumentNullException.ThrowIfNull(splits);

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (item, split) in splits.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{item}\t{split}\n"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
