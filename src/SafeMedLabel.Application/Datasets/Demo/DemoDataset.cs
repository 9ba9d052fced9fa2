using System.Globalization;
using System.Text;
using System.Text.Json;
using SafeMedLabel.Application.Files;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Application.Datasets.Demo;

/// <summary>
/// A set of cells drawn by the program, for trying and testing it without a real patient's cell: same layout, same file names, several
/// synthetic patients, known truth, and ambiguous cells on purpose. It says nothing about how a model does on real cells.
/// </summary>
public static class DemoDataset
{
    /// <summary>Name of the file in the set's folder by which an import knows that the set is synthetic; holds a <see cref="DemoMarker"/>.</summary>
    public const string MarkerFileName = ".synthetic";

    /// <summary>Name of the file that tells class and kind of every cell.</summary>
    public const string TruthFileName = "truth.csv";

    /// <summary>Class folder of the cells with a parasite.</summary>
    public const string ParasitizedFolder = "Parasitized";

    /// <summary>Class folder of the cells without a parasite.</summary>
    public const string UninfectedFolder = "Uninfected";

    /// <summary>Fewer cells could not show both classes and several patients.</summary>
    public const int MinimumCount = 8;

    private const int FewestPatients = 6;
    private const int MostPatients = 24;
    private const int CellsPerPatient = 40;

    private static readonly (DemoKind Kind, double Share)[] InfectedKinds =
        [(DemoKind.Ring, 0.60), (DemoKind.MultipleRings, 0.16), (DemoKind.FaintRing, 0.12), (DemoKind.Blurred, 0.12)];

    private static readonly (DemoKind Kind, double Share)[] UninfectedKinds =
        [(DemoKind.Plain, 0.64), (DemoKind.Platelet, 0.12), (DemoKind.Precipitate, 0.12), (DemoKind.Blurred, 0.12)];

    /// <summary>
    /// Draws a set into a folder: PNG files of about 110 to 160 pixels in two class folders, the truth, a note, and the marker. Equal seeds
    /// and counts give equal bytes.
    /// </summary>
    /// <param name="folder">A new or empty folder, or one that holds the same set (which is drawn again).</param>
    /// <param name="count">Number of cells, at least <see cref="MinimumCount"/>.</param>
    /// <param name="seed">Seed of the set.</param>
    /// <param name="progress">Told the number of cells drawn so far.</param>
    /// <param name="cancellationToken">Stops between two cells; the folder stays marked as synthetic.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is too small.</exception>
    /// <exception cref="IOException">The folder holds something else, or cannot be written to.</exception>
    public static DemoSummary Write(
        string folder, int count, ulong seed, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        if (count < MinimumCount)
        {
            throw new ArgumentOutOfRangeException(nameof(count), count, $"A demo set needs at least {MinimumCount} cells.");
        }

        var root = Directory.CreateDirectory(folder);
        var marker = JsonSerializer.Serialize(new DemoMarker(seed, count), JsonSerializerOptions.Web);
        RequireFree(root, marker);

        // The marker comes first: not even a set that was cut short may be taken for real cells.
        File.WriteAllText(Path.Combine(root.FullName, MarkerFileName), marker);
        File.WriteAllText(Path.Combine(root.FullName, "README.txt"), Note(seed, count));
        root.CreateSubdirectory(ParasitizedFolder);
        root.CreateSubdirectory(UninfectedFolder);

        var random = new SeededRandom(seed, "demo set");
        var patients = Enumerable.Range(0, Patients(count))
            .Select(number => DemoPatient.Draw(number, random))
            .ToArray();
        var truth = new StringBuilder("file,class,kind\n");
        var parasitized = 0;
        for (var i = 0; i < count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var patient = patients[i % patients.Length];
            var infected = patient.IsInfected(i / patients.Length);
            var cell = random.Split($"cell {i}");
            var kind = Pick(infected ? InfectedKinds : UninfectedKinds, cell.NextDouble());
            var className = infected ? ParasitizedFolder : UninfectedFolder;
            var name = FileName(patient, i, i / patients.Length);
            File.WriteAllBytes(Path.Combine(root.FullName, className, name), CellPainter.Paint(patient, kind, infected, cell));
            truth.Append(CultureInfo.InvariantCulture, $"{className}/{name},{className},{kind}\n");
            parasitized += infected ? 1 : 0;
            progress?.Report(i + 1);
        }

        File.WriteAllText(Path.Combine(root.FullName, TruthFileName), truth.ToString());
        return new DemoSummary(root.FullName, parasitized, count - parasitized, patients.Length, seed);
    }

    /// <summary>Number of synthetic patients in a set of so many cells.</summary>
    public static int Patients(int count) => Math.Clamp(count / CellsPerPatient, FewestPatients, MostPatients);

    /// <summary>What made the set in a folder, or null where the folder has no marker and so is no demo set.</summary>
    /// <exception cref="JsonException">The marker was altered.</exception>
    public static DemoMarker? ReadMarker(string folder)
    {
        var path = Path.Combine(folder, MarkerFileName);
        return File.Exists(path) ? JsonSerializer.Deserialize<DemoMarker>(RegularFile.ReadAllText(path), JsonSerializerOptions.Web) : null;
    }

    private static void RequireFree(DirectoryInfo root, string marker)
    {
        if (!root.EnumerateFileSystemInfos().Any())
        {
            return;
        }

        var path = Path.Combine(root.FullName, MarkerFileName);
        if (!File.Exists(path) || RegularFile.ReadAllText(path) != marker)
        {
            throw new IOException($"The folder '{root.FullName}' is not empty; a demo set is not mixed with other files.");
        }
    }

    private static DemoKind Pick((DemoKind Kind, double Share)[] kinds, double draw)
    {
        foreach (var (kind, share) in kinds)
        {
            draw -= share;
            if (draw < 0)
            {
                return kind;
            }
        }

        return kinds[0].Kind;
    }

    /// <summary>As the files of the real set are named: patient, microscope field with its time, number of the cell.</summary>
    private static string FileName(DemoPatient patient, int cell, int cellOfPatient)
    {
        const int CellsPerField = 8;
        var taken = new TimeSpan(9, 0, 0) + TimeSpan.FromSeconds(cellOfPatient / CellsPerField * 41);
        return string.Create(CultureInfo.InvariantCulture, $"{patient.Prefix}ThinF_IMG_20260101_{taken:hhmmss}_cell_{cell + 1}.png");
    }

    private static string Note(ulong seed, int count) => FormattableString.Invariant($"""
        These {count} images are SYNTHETIC. SafeMedLabel drew them (seed {seed}) for trying and testing the program.
        No patient's cell is among them, and what a model reaches on them says nothing about real cells.

        Parasitized/, Uninfected/   the cells, in the layout of the NIH malaria set
        {TruthFileName}                   class and kind of each cell; platelets, precipitate, blur and faint rings are
                                    ambiguous on purpose
        {MarkerFileName}                  seed and count; an import knows by this file that the set is synthetic

        """).ReplaceLineEndings("\n");
}
