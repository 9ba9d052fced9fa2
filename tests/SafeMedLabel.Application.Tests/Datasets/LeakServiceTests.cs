using System.Text;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Datasets.Demo;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Datasets;

public sealed class LeakServiceTests : IDisposable
{
    private readonly ImportFixture _fixture = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task A_copy_on_another_side_is_reported_with_both_patients_and_one_on_the_same_side_is_no_leak()
    {
        var cells = Cells(3);
        var copies = cells.Select(Pictures.Jpeg).ToArray();
        await ImportAsync(
            ("1.png", cells[0], "P1", "training"), ("1.jpg", copies[0], "P2", "test"),
            ("2.png", cells[1], "P3", "training"), ("2.jpg", copies[1], "P4", "training"),
            ("3.png", cells[2], "P5", "test"));
        var report = await ReadAsync();
        Assert.Equal((5, 5, 0, true, false), (report.Images, report.Patients, report.NotCompared, report.IsComplete, report.IsClean));
        Assert.Empty(report.Parted);
        var leak = Assert.Single(report.Across);
        Assert.Equal([("P1", DataSplit.Training), ("P2", DataSplit.Test)], new[] { leak.First, leak.Second }.Select(i => (i.Patient, i.Split)).Order());
        Assert.Equal(["P3", "P4"], report.NearDuplicates.Where(p => !p.IsAcross).SelectMany(p => new[] { p.First.Patient, p.Second.Patient }).Order());
    }

    [Fact]
    public async Task A_patient_on_two_sides_is_reported_and_gold_is_on_the_side_of_training()
    {
        var cells = Cells(5);
        await ImportAsync(
            ("1.png", cells[0], "P1", "training"), ("2.png", cells[1], "P1", "training"), ("3.png", cells[2], "P2", "training"), ("4.png", cells[3], "P2", "training"),
            ("5.png", cells[4], "P3", "test"));
        Assert.True((await ReadAsync()).IsClean);
        await SetSplitAsync("3.png", DataSplit.Gold);
        Assert.True((await ReadAsync()).IsClean);
        await SetSplitAsync("1.png", DataSplit.Test);
        var report = await ReadAsync();
        Assert.False(report.IsClean);
        var parted = Assert.Single(report.Parted);
        Assert.Equal("P1", parted.Patient);
        Assert.Equal([DataSplit.Training, DataSplit.Test], parted.Splits);
    }

    [Fact]
    public async Task The_order_in_which_images_came_changes_nothing()
    {
        var cells = Cells(6);
        (string, byte[], string, string)[] files = [.. cells.Index().SelectMany(c => new[]
        {
            ($"{c.Index}.png", c.Item, $"P{c.Index}", "training"), ($"{c.Index}.jpg", Pictures.Jpeg(c.Item), $"Q{c.Index}", c.Index % 2 == 0 ? "test" : "training"),
        })];
        await ImportAsync(files);
        var first = Told(await ReadAsync());
        using var other = new LeakServiceTests();
        foreach (var some in files.Reverse().Chunk(4))
        {
            await other.ImportAsync(some);
        }

        Assert.Equal(6, first.Length);
        Assert.Equal(first, Told(await other.ReadAsync()));

        static (string, string, double)[] Told(LeakReport report) => [.. report.NearDuplicates.Select(p => (p.First.SourcePath, p.Second.SourcePath, p.Difference))];
    }

    [Fact]
    public async Task A_dry_run_tells_them_among_its_files_and_with_what_is_in_and_on_which_sides_they_would_be()
    {
        var cells = Cells(4);
        await ImportAsync(("1.png", cells[0], "P1", "training"), ("2.png", cells[1], "P2", "test"), ("2.jpg", Pictures.Jpeg(cells[1]), "P1", "training"));
        var dry = await ImportAsync(isDryRun: true, ("1.jpg", Pictures.Jpeg(cells[0]), "P3", "test"), ("3.png", cells[2], "P2", "test"), ("3.jpg", Pictures.Jpeg(cells[2]), "P2", "test"), ("4.png", cells[3], "P4", ""));
        var near = dry.Plan!.NearDuplicates!;
        Assert.Equal((2, 1, true), (near.Count, near.Across, near.AreAll));
        Assert.Equal([("1.jpg", "1.png", true), ("3.jpg", "3.png", false)], near.Shown.Select(p => (p.First, p.Second, p.IsAcross)));
    }

    [Fact]
    public async Task Images_of_which_no_hash_was_kept_are_said_not_to_be_compared()
    {
        var cells = Cells(2);
        await ImportAsync(("1.png", cells[0], "P1", "training"), ("2.png", cells[1], "P2", "test"));
        await using var db = _fixture.CreateDbContext();
        await db.Images.Where(i => i.SourcePath == "1.png").ExecuteUpdateAsync(set => set.SetProperty(i => i.PictureHash, (long?)null), Token);
        var report = await ReadAsync();
        Assert.Equal((2, 1, true), (report.Images, report.NotCompared, report.IsClean));
    }

    private Task<LeakReport> ReadAsync() => new LeakService(_fixture, _fixture.Store).ReadAsync(_fixture.ProjectId, Token);

    private static byte[][] Cells(int count)
    {
        using var drawn = new TemporaryFolder();
        DemoDataset.Write(drawn.Path, 40, seed: 7, cancellationToken: Token);
        return [.. Directory.GetFiles(drawn.Path, "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Take(count).Select(File.ReadAllBytes)];
    }

    private Task<DatasetImport> ImportAsync(params (string Name, byte[] Bytes, string Patient, string Split)[] files) => ImportAsync(isDryRun: false, files);

    private async Task<DatasetImport> ImportAsync(bool isDryRun, params (string Name, byte[] Bytes, string Patient, string Split)[] files)
    {
        using var folder = new TemporaryFolder();
        var rows = new StringBuilder("path,label,patient,split\n");
        foreach (var (name, bytes, patient, split) in files)
        {
            folder.Add(name, bytes);
            rows.Append(System.Globalization.CultureInfo.InvariantCulture, $"{name},{(name[0] % 2 == 0 ? "a" : "b")},{patient},{split}\n");
        }

        folder.Add("manifest.csv", Encoding.UTF8.GetBytes(rows.ToString()));
        return await _fixture.ImportAsync(folder.Path, Token, isDryRun: isDryRun);
    }

    private async Task SetSplitAsync(string path, DataSplit split)
    {
        await using var db = _fixture.CreateDbContext();
        await db.Images.Where(i => i.SourcePath == path).ExecuteUpdateAsync(set => set.SetProperty(i => i.Split, split), Token);
    }
}
