using System.Text;
using System.Text.RegularExpressions;

namespace SafeMedLabel.Application.Datasets;

/// <summary>
/// Finds the files that Label Studio's tasks mean. It names them by where they lay on its own server: under an address of the web or of a store, or as an
/// upload, with a mark before the name and blanks as underscores.
/// </summary>
/// <param name="catalogue">The data set.</param>
/// <param name="folder">The manifest's folder in it, with a <c>/</c> at its end; empty at the top.</param>
/// <param name="remarks">Hears of files that are called otherwise than the task says.</param>
internal sealed partial class LabelStudioFiles(SourceCatalogue catalogue, string folder, SourceRemarks remarks)
{
    /// <summary>Most characters of a file's address.</summary>
    private const int MaxAddress = 4096;

    /// <summary>Most parts of an address, from its end, that may be the file's path: the program looks for each such end.</summary>
    private const int MaxParts = 16;

    private const string UploadFolder = "upload";

    /// <summary>The path of the file that an address names, below the manifest's folder; null where there is none, or where several might be meant.</summary>
    public string? Find(string address)
    {
        if (address.Length > MaxAddress)
        {
            // Perhaps the picture itself, written as text.
            return null;
        }

        return Whole(address) ?? (Parts(address).Contains(UploadFolder) ? Uploaded(LastPart(address)) : null);
    }

    /// <summary>A table's row with the file that it means, where it names one by its address on Label Studio's own server, as its CSV export does.</summary>
    public ManifestRow Named(ManifestRow row) =>
        row.Path.StartsWith("/data/upload/", StringComparison.Ordinal) || row.Path.StartsWith("/data/local-files/", StringComparison.Ordinal)
            ? row with { Path = Find(row.Path) ?? LastPart(row.Path) }
            : row;

    /// <summary>As a reason names a file that is not there; empty where nothing names one.</summary>
    public static string LastPart(string? address) => address is null or { Length: > MaxAddress } ? "" : Parts(address).LastOrDefault() ?? "";

    /// <summary>The longest end of an address that is there.</summary>
    private string? Whole(string address)
    {
        var parts = Parts(address).TakeLast(MaxParts).ToList();
        return Enumerable.Range(0, parts.Count).Select(skipped => string.Join('/', parts.Skip(skipped)))
            .FirstOrDefault(path => catalogue.Find(folder + path) is not null);
    }

    /// <summary>The one file that was uploaded under a name.</summary>
    private string? Uploaded(string name)
    {
        var unmarked = UploadMark().Replace(name, "");
        var found = unmarked.Length == 0 ? null
            : catalogue.Find(folder + unmarked) is not null ? unmarked : catalogue.FindOnly(folder, Written(unmarked), Written);
        if (found is not null && found != name)
        {
            remarks.Say($"{SourceRemarks.Shown(name)} was taken for the file {SourceRemarks.Shown(found)}, as Label Studio calls it");
        }

        return found;
    }

    private static string[] Parts(string address)
    {
        var local = address.IndexOf("?d=", StringComparison.Ordinal);
        var query = address.IndexOf('?', StringComparison.Ordinal);
        var path = local >= 0 ? address[(local + 3)..] : query >= 0 ? address[..query] : address;
        return Uri.UnescapeDataString(path).Replace('\\', '/').Split('/', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>A name as Label Studio's web framework writes it: blanks as underscores, and nothing but letters, digits, '-', '_' and '.'.</summary>
    private static string Written(string name)
    {
        var written = new StringBuilder(name.Length);
        foreach (var character in name.Trim())
        {
            if (character is ' ')
            {
                written.Append('_');
            }
            else if (char.IsLetterOrDigit(character) || character is '-' or '_' or '.')
            {
                written.Append(character);
            }
        }

        return written.ToString();
    }

    [GeneratedRegex("^([0-9a-f]{8}-|[0-9]{6}[-_])")]
    private static partial Regex UploadMark();
}
