using System.Text.RegularExpressions;
using SafeMedLabel.Application.Datasets.Demo;
using SkiaSharp;

namespace SafeMedLabel.Application.Tests.Datasets.Demo;

public sealed partial class DemoDatasetTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("safemed-demo-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Equal_seeds_draw_equal_bytes_and_another_seed_other_ones()
    {
        Write(Path.Combine(_folder, "one"), 24, 7);
        Write(Path.Combine(_folder, "again"), 24, 7);
        Write(Path.Combine(_folder, "other"), 24, 8);

        var (one, again, other) = (Content("one"), Content("again"), Content("other"));
        Assert.Equal(24 + 3, one.Count);
        Assert.Equal(one, again);
        Assert.DoesNotContain(one.Keys.Intersect(other.Keys), file => file.EndsWith(".png", StringComparison.Ordinal) && one[file] == other[file]);
    }

    [Fact]
    public void A_set_holds_both_classes_of_several_patients_and_says_how_many()
    {
        var summary = Write(_folder, 60, 1);
        var cells = Cells();

        Assert.Equal(60, cells.Length);
        Assert.Equal(summary.Parasitized, cells.Count(cell => cell.Class == "Parasitized"));
        Assert.Equal(summary.Uninfected, cells.Count(cell => cell.Class == "Uninfected"));
        Assert.InRange(summary.Parasitized, 20, 40);
        Assert.Equal(6, summary.Patients);
        Assert.Equal(6, cells.Select(cell => cell.Patient).Distinct().Count());
    }

    [Fact]
    public void Some_patients_are_healthy_and_the_others_have_cells_of_both_classes()
    {
        Write(_folder, 90, 1);
        var parasitized = Cells().GroupBy(cell => cell.Patient).Select(cells => cells.Average(cell => cell.Class == "Parasitized" ? 1 : 0)).ToArray();

        Assert.Contains(0, parasitized);
        Assert.All(parasitized.Where(share => share > 0), share => Assert.InRange(share, 0.3, 0.95));
    }

    [Theory]
    [InlineData(8, 6)]
    [InlineData(400, 10)]
    [InlineData(5000, 24)]
    public void More_cells_come_from_more_patients_up_to_a_bound(int count, int patients)
    {
        Assert.Equal(patients, DemoDataset.Patients(count));
    }

    [Fact]
    public void File_names_follow_the_real_sets_pattern_and_are_unique()
    {
        Write(_folder, 60, 1);
        var names = Cells().Select(cell => Path.GetFileName(cell.File)).ToArray();

        Assert.All(names, name => Assert.Matches(NihName(), name));
        Assert.Equal(names.Length, names.Distinct().Count());
    }

    [Fact]
    public void Every_cell_decodes_to_a_picture_of_the_right_size_on_pure_black()
    {
        Write(_folder, 40, 3);

        Assert.All(Cells(), cell =>
        {
            using var picture = SKBitmap.Decode(Path.Combine(_folder, cell.File));
            Assert.NotNull(picture);
            Assert.InRange(picture.Width, 90, 180);
            Assert.InRange(picture.Height, 90, 180);
            Assert.Equal(SKColors.Black, picture.GetPixel(0, 0));
            Assert.Equal(SKColors.Black, picture.GetPixel(picture.Width - 1, picture.Height - 1));
            var middle = picture.GetPixel(picture.Width / 2, picture.Height / 2);
            Assert.True(middle.Red + middle.Green + middle.Blue > 100);
        });
    }

    [Fact]
    public void The_truth_lists_every_file_with_its_class_and_every_kind_comes_up()
    {
        Write(_folder, 240, 1);
        var truth = File.ReadAllLines(Path.Combine(_folder, DemoDataset.TruthFileName)).Select(line => line.Split(',')).ToArray();

        Assert.Equal(["file", "class", "kind"], truth[0]);
        Assert.Equal(Cells().Select(cell => cell.File).Order(), truth.Skip(1).Select(row => row[0]).Order());
        Assert.All(truth.Skip(1), row => Assert.Equal(row[0].Split('/')[0], row[1]));
        Assert.Equal(Enum.GetNames<DemoKind>().Order(), truth.Skip(1).Select(row => row[2]).Distinct().Order());
        Assert.Equal(
            ["FaintRing", "MultipleRings", "Ring"],
            truth.Skip(1).Where(row => row[1] == "Parasitized").Select(row => row[2]).Distinct().Except(["Blurred"]).Order());
    }

    [Fact]
    public void A_set_is_marked_as_synthetic_with_what_draws_it_again()
    {
        Write(_folder, 12, 99);

        Assert.Equal(new DemoMarker(99, 12), DemoDataset.ReadMarker(_folder));
        Assert.Contains("SYNTHETIC", File.ReadAllText(Path.Combine(_folder, "README.txt")), StringComparison.Ordinal);
        Assert.Null(DemoDataset.ReadMarker(Path.Combine(_folder, "Parasitized")));
    }

    [Fact]
    public void A_folder_with_other_files_is_left_alone()
    {
        File.WriteAllText(Path.Combine(_folder, "mine.txt"), "mine");

        var error = Assert.Throws<IOException>(() => Write(_folder, 12, 1));

        Assert.Contains("not empty", error.Message, StringComparison.Ordinal);
        Assert.Equal("mine.txt", Path.GetFileName(Assert.Single(Directory.GetFileSystemEntries(_folder))));
    }

    [Fact]
    public void A_set_that_was_cut_short_is_marked_and_can_be_drawn_to_its_end()
    {
        using var source = new CancellationTokenSource();
        var progress = new Relay(drawn =>
        {
            if (drawn == 5)
            {
                source.Cancel();
            }
        });

        Assert.ThrowsAny<OperationCanceledException>(() => DemoDataset.Write(_folder, 12, 1, progress, source.Token));
        Assert.Equal(5, Cells().Length);
        Assert.NotNull(DemoDataset.ReadMarker(_folder));

        Write(_folder, 12, 1);
        Assert.Equal(12, Cells().Length);
    }

    [Fact]
    public void Another_set_is_not_drawn_over_one_that_is_there()
    {
        Write(_folder, 12, 1);

        Assert.Throws<IOException>(() => Write(_folder, 12, 2));
    }

    [Fact]
    public void Too_few_cells_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Write(_folder, DemoDataset.MinimumCount - 1, 1));
    }

    [GeneratedRegex(@"^C\d{3}P\d+ThinF_IMG_\d{8}_\d{6}_cell_\d+\.png$")]
    private static partial Regex NihName();

    private static DemoSummary Write(string folder, int count, ulong seed) =>
        DemoDataset.Write(folder, count, seed, cancellationToken: TestContext.Current.CancellationToken);

    private (string File, string Class, string Patient)[] Cells() =>
    [
        .. Directory.EnumerateFiles(_folder, "*.png", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(_folder, path).Replace('\\', '/'))
            .Select(file => (file, file.Split('/')[0], file.Split('/')[1].Split("Thin")[0])),
    ];

    private Dictionary<string, string> Content(string name)
    {
        var root = Path.Combine(_folder, name);
        return Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .ToDictionary(path => Path.GetRelativePath(root, path), path => Convert.ToBase64String(File.ReadAllBytes(path)));
    }

    /// <summary>Hands progress on at once; <see cref="Progress{T}"/> would do so on another thread, later.</summary>
    private sealed class Relay(Action<int> handler) : IProgress<int>
    {
        public void Report(int value) => handler(value);
    }
}
