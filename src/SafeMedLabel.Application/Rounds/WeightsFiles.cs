using SafeMedLabel.Application.Files;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Rounds;

/// <summary>
/// Files of weights that rounds may begin with. Whoever runs the server puts them into the folder 'weights' of the storage; people of the program only
/// choose among their names, so that no name leads elsewhere.
/// </summary>
public static class WeightsFiles
{
    /// <summary>Characters that a name may have.</summary>
    public const int MaxName = 100;

    private const int ShownDigits = 8;

    private static readonly string[] Endings = [".safetensors", ".pth"];

    /// <summary>
    /// True for a plain name: 1 to <see cref="MaxName"/> letters, digits, dots, hyphens and underscores, the first no dot, which end in
    /// <c>.safetensors</c> or <c>.pth</c>.
    /// </summary>
    public static bool IsName(string? name) =>
        name is { Length: > 0 and <= MaxName } && name[0] != '.' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_')
        && Endings.Any(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    /// <summary>The plain names of the real files in the folder, in order; none where there is no folder that this program may read.</summary>
    public static IReadOnlyList<string> List(StorageOptions storage)
    {
        ArgumentNullException.ThrowIfNull(storage);
        try
        {
            var files = new DirectoryInfo(storage.WeightsFolder).EnumerateFiles();
            return [.. files.Where(file => IsName(file.Name) && IsReal(file)).Select(file => file.Name).Order(StringComparer.Ordinal)];
        }
        catch (Exception none) when (none is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Why rounds cannot begin with the file of a name, as sentences; null where it is there. What it holds is for the worker to see.</summary>
    public static string? Problem(StorageOptions storage, string? name)
    {
        ArgumentNullException.ThrowIfNull(storage);
        if (!IsName(name))
        {
            return $"A file of weights has a plain name of at most {MaxName} letters, digits, dots, hyphens and underscores, and ends in .safetensors or .pth.";
        }

        var file = new FileInfo(PathOf(storage, name!));
        return file switch
        {
            { Exists: false, LinkTarget: null } => $"There is no file '{name}' in the folder 'weights' of the storage; whoever runs the server can put it there.",
            _ when !IsReal(file) => $"'{name}' in the folder 'weights' of the storage is a link or no real file; whoever runs the server can put the file itself there.",
            _ => null,
        };
    }

    /// <summary>The SHA-256 of a file, 64 lower-case hexadecimal digits; refused with a sentence where it is not there or cannot be read.</summary>
    internal static async Task<Result<string>> HashAsync(StorageOptions storage, string name, CancellationToken cancellationToken)
    {
        if (Problem(storage, name) is { } problem)
        {
            return Result.Refused(problem);
        }

        try
        {
            return await ModelSeal.OfAsync(PathOf(storage, name), cancellationToken);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return Result.Refused($"The file '{name}' in the folder 'weights' of the storage cannot be read; whoever runs the server can see why.");
        }
    }

    /// <summary>Where a file of a plain name lies.</summary>
    internal static string PathOf(StorageOptions storage, string name) => Path.Combine(storage.WeightsFolder, name);

    /// <summary>How people are told which file it is.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="hash">Its SHA-256.</param>
    public static string Describe(string name, string hash)
    {
        ArgumentNullException.ThrowIfNull(hash);
        return $"weights of {name} (SHA-256 {hash[..Math.Min(ShownDigits, hash.Length)]}…)";
    }

    private static bool IsReal(FileInfo file) => file is { Exists: true, LinkTarget: null } && !file.Attributes.HasFlag(FileAttributes.Hidden) && !RegularFile.IsOther(file.FullName);
}
