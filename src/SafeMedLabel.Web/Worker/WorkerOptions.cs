using System.Reflection;

namespace SafeMedLabel.Web.Worker;

/// <summary>The program that imports, trains and classifies, in processes of its own.</summary>
public sealed class WorkerOptions
{
    /// <summary>Name of the settings' section.</summary>
    public const string Section = "Worker";

    /// <summary>
    /// False where workers are started by somebody else, on this machine: all that share a storage run on one, for SQLite's locks do not reach
    /// over a network.
    /// </summary>
    public bool Start { get; set; } = true;

    /// <summary>The program, <c>safemed</c> or <c>safemed.dll</c>; by default the one built or published beside the server.</summary>
    public string? Executable { get; set; }

    /// <summary>Threads a round may compute with, 0 to 1024; 0 leaves one core to the server.</summary>
    public int Threads { get; set; }

    /// <summary>Full path of the program.</summary>
    /// <exception cref="FileNotFoundException">There is none; the message says where it was looked for.</exception>
    public string FindExecutable()
    {
        if (Executable is not null && !File.Exists(Executable))
        {
            throw new FileNotFoundException($"The setting Worker:Executable names '{Executable}', and there is no such file.");
        }

        var built = typeof(WorkerOptions).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(a => a.Key == "WorkerOutput")?.Value;
        string?[] candidates =
        [
            Executable,
            Path.Combine(AppContext.BaseDirectory, "worker", "safemed.dll"),
            built is null ? null : Path.Combine(built, "safemed.dll"),
        ];
        return candidates.FirstOrDefault(File.Exists) is { } found
            ? Path.GetFullPath(found)
            : throw new FileNotFoundException($"The worker program was not found; looked at {string.Join(", ", candidates.Where(c => c is not null))}. The setting Worker:Executable names it.");
    }
}
