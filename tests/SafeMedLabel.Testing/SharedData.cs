namespace SafeMedLabel.Testing;

/// <summary>
/// The folder of real cells, hostile files and independently computed oracle values that lies beside a developer's checkout.
/// A user's machine does not have it: tests that need it are skipped there.
/// </summary>
public static class SharedData
{
    /// <summary>Full path of the folder, or null where there is none.</summary>
    public static string? Folder { get; } = Find();

    /// <summary>Full path of a file or folder below <see cref="Folder"/>; skips the running test where it is absent.</summary>
    public static string Require(string relativePath)
    {
        if (Folder is null)
        {
            Assert.Skip("The folder 'shared' beside the checkout is absent; this test needs its data.");
        }

        var path = Path.Combine(Folder, relativePath);
        if (!Path.Exists(path))
        {
            Assert.Skip($"'{relativePath}' is absent from the folder 'shared'; this test needs it.");
        }

        return path;
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("SAFEMED_SHARED") is { Length: > 0 } given)
        {
            return Directory.Exists(given) ? given : null;
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared");
            if (File.Exists(Path.Combine(candidate, "oracle", "metrics.json")))
            {
                return candidate;
            }
        }

        return null;
    }
}
