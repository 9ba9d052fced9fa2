using Microsoft.Data.Sqlite;

namespace SafeMedLabel.Application.Persistence;

/// <summary>Where everything that SafeMedLabel keeps lies: databases, images, derived pixels, models. One folder to back up.</summary>
public sealed class StorageOptions
{
    private const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Name of the settings' section.</summary>
    public const string Section = "Storage";

    /// <summary>The folder; made when missing. Relative paths count from the working directory, which for `dotnet run` is the project's folder.</summary>
    public string Root { get; set; } = "data";

    /// <summary>Full path of <see cref="Root"/>.</summary>
    public string FullRoot => Path.GetFullPath(Root);

    /// <summary>The application's database file.</summary>
    public string DatabaseFile => Path.Combine(FullRoot, "safemedlabel.db");

    /// <summary>How the application's database is opened.</summary>
    public string DatabaseConnection => ConnectionTo(DatabaseFile);

    /// <summary>There while the application's database is known to be damaged.</summary>
    internal string DamageMark => Path.Combine(FullRoot, ".damaged");

    /// <summary>The scheduler's database file: apart, so that its polling never waits for a label's write or the reverse.</summary>
    public string JobsDatabaseFile => Path.Combine(FullRoot, "jobs.db");

    /// <summary>How the scheduler's database is opened.</summary>
    public string JobsDatabaseConnection => ConnectionTo(JobsDatabaseFile);

    /// <summary>The content-addressed store of imported images.</summary>
    public string ContentFolder => Path.Combine(FullRoot, "content");

    /// <summary>Uploads that wait for their import.</summary>
    public string UploadFolder => Path.Combine(FullRoot, "uploads");

    /// <summary>Patches of large pictures, until their import has taken them in.</summary>
    public string PatchFolder => Path.Combine(FullRoot, "patches");

    /// <summary>Exports that wait for their download.</summary>
    public string ExportFolder => Path.Combine(FullRoot, "exports");

    /// <summary>Tiles of large images that somebody looked at closely.</summary>
    public string TileFolder => Path.Combine(FullRoot, "tiles");

    /// <summary>Files of weights that rounds may begin with; whoever runs the server puts them there.</summary>
    public string WeightsFolder => Path.Combine(FullRoot, "weights");

    /// <summary>Keys that protect cookies and forms; they must outlive the process.</summary>
    public string KeyFolder => Path.Combine(FullRoot, "keys");

    /// <summary>Makes the folder, and lets no other user of the machine in: it holds patients' images and the keys of sign-in cookies.</summary>
    /// <exception cref="IOException">It cannot be made; the message names the setting.</exception>
    public void CreateRoot()
    {
        if (string.IsNullOrWhiteSpace(Root))
        {
            throw new IOException("The setting Storage:Root must name a folder; it is empty.");
        }

        try
        {
            Close(Directory.CreateDirectory(FullRoot));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The folder {FullRoot}, named by the setting Storage:Root, cannot be made: {failure.Message}", failure);
        }
    }

    /// <summary>Derived files of one project: training pixels, checkpoints, models.</summary>
    public string ProjectFolder(int projectId) => Path.Combine(FullRoot, "projects", projectId.ToString(System.Globalization.CultureInfo.InvariantCulture));

    // Pooled connections, and half a minute of patience while the other process writes.
    private static string ConnectionTo(string file) => new SqliteConnectionStringBuilder { DataSource = file, DefaultTimeout = 30, ForeignKeys = true }.ToString();

    private static void Close(DirectoryInfo root)
    {
        if (OperatingSystem.IsWindows() || (root.UnixFileMode & Others) == 0)
        {
            return;
        }

        try
        {
            root.UnixFileMode &= ~Others;
        }
        catch (UnauthorizedAccessException)
        {
            // A mounted folder of another owner, who decides who may enter.
        }
    }
}
