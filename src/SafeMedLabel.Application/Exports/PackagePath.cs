using System.Buffers;

namespace SafeMedLabel.Application.Exports;

/// <summary>Where a picture lies in a package.</summary>
internal static class PackagePath
{
    /// <summary>No file may be called so on one system or another.</summary>
    private static readonly SearchValues<char> Forbidden = SearchValues.Create("\\/:*?\"<>|");

    /// <summary>
    /// The name that the picture came with, behind eight digits of its hash, which make it unique; below the folder of its class, where one is
    /// named. Label Studio marks uploads in the same way.
    /// </summary>
    public static string Of(string sourcePath, string contentHash, string? className) =>
        $"images/{(className is null ? "" : $"{Safe(className)}/")}{contentHash[..8]}-{Safe(sourcePath[(sourcePath.LastIndexOf('/') + 1)..])}";

    private static string Safe(string name)
    {
        var safe = string.Concat(name.Select(c => Forbidden.Contains(c) || char.IsControl(c) ? '_' : c)).Trim(' ', '.');
        return safe.Length == 0 ? "_" : safe;
    }
}
