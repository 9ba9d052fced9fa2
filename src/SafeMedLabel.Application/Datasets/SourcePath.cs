namespace SafeMedLabel.Application.Datasets;

/// <summary>What may be a name inside a data set.</summary>
internal static class SourcePath
{
    /// <summary>The longest name, folders included.</summary>
    public const int MaxLength = 1024;

    /// <summary>True for absolute paths, drive letters, <c>..</c> and names with control characters: nothing honest is called so.</summary>
    public static bool LeadsOut(string path) =>
        path.StartsWith('/') ||
        (path.Length >= 2 && path[1] == ':' && char.IsAsciiLetter(path[0])) ||
        path.Any(char.IsControl) ||
        path.Split('/').Any(part => part is ".." or ".");
}
