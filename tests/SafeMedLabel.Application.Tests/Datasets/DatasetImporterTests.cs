using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Datasets;

public sealed class DatasetImporterTests : IDisposable
{
    private readonly ImportFixture _fixture = new();
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _fixture.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_real_cells_go_in_whole_and_are_split_by_patient()
    {
        var mini = SharedData.Require("data/nih-malaria-mini");
        var import = await _fixture.ImportAsync(mini, Token);
        Assert.Equal((240, 240, 0, 0, 0), (import.Total, import.Added, import.Duplicates, import.Rejected, import.WithoutPatient));

        await using var db = _fixture.CreateDbContext();
        var images = await db.Images.ToListAsync(Token);
        var patients = images.GroupBy(i => i.Patient).ToList();
        Assert.Equal(14, patients.Count);
        Assert.All(patients, patient => Assert.Single(patient.Select(i => i.Split).Distinct()));
        Assert.Equal([DataSplit.Training, DataSplit.Calibration, DataSplit.Validation, DataSplit.Test], images.Select(i => i.Split).Distinct().Order());
        Assert.Equal(["Parasitized", "Uninfected"], await db.ProjectClasses.OrderBy(c => c.Index).Select(c => c.Name).ToListAsync(Token));
        Assert.All(images, image =>
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(mini, image.SourcePath)), _fixture.Store.Read(image.ContentHash));
            Assert.Equal(image.SourcePath.StartsWith("Parasitized", StringComparison.Ordinal) ? 0 : 1, image.ReferenceClass);
            Assert.Equal((128, 128), (image.Width, image.Height));
        });
    }

    [Fact]
    public async Task The_same_again_adds_nothing_and_moves_no_patient()
    {
        var mini = SharedData.Require("data/nih-malaria-mini");
        await _fixture.ImportAsync(mini, Token);
        var before = await SplitsAsync();
        var again = await _fixture.ImportAsync(mini, Token);
        Assert.Equal((0, 240, 0), (again.Added, again.Duplicates, again.Rejected));
        Assert.Equal(before, await SplitsAsync());
    }

    [Fact]
    public async Task Every_file_left_out_is_listed_with_its_reason()
    {
        var import = await _fixture.ImportAsync(SharedData.Require("data/hostile/images.zip"), Token);
        Assert.Equal((16, 0, 9, 15), (import.Added, import.Duplicates, import.Rejected, import.WithoutPatient));
        await using var db = _fixture.CreateDbContext();
        var issues = await db.ImportIssues.Where(i => i.ImportId == import.Id).ToListAsync(Token);
        Assert.Equal(9, issues.Count);
        Assert.All(issues, issue => Assert.EndsWith(".", issue.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_import_that_broke_off_is_completed_by_the_next_attempt()
    {
        for (var i = 0; i < 600; i++)
        {
            _folder.Add($"{(i % 2 == 0 ? "a" : "b")}/C{i / 20}thin_{i}.png", Pictures.Png(i % 256, width: 16 + (i / 256)));
        }

        var import = await _fixture.QueueAsync(_folder.Path);
        using var stop = new CancellationTokenSource();

        // Contexts are asked for by the preparation, the classes, the inventory and then each batch of 256: the second batch breaks off.
        var breaking = new BreakingContexts(_fixture, stop, breakAt: 5);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new DatasetImporter(breaking, _fixture.Store).ImportAsync(import, stop.Token));
        var before = await CountAsync();
        Assert.Equal(256, before);

        await new DatasetImporter(_fixture, _fixture.Store).ImportAsync(import, Token);
        Assert.Equal(600, await CountAsync());
        Assert.Equal((600 - before, before, 0), (import.Added, import.Duplicates, import.Rejected));
        Assert.Equal(4, (await SplitsAsync()).Values.Distinct().Count());
    }

    [Fact]
    public async Task A_picture_that_the_project_knows_under_another_class_is_refused()
    {
        _folder.Add("a/1.png", Pictures.Png(1));
        _folder.Add("b/2.png", Pictures.Png(2));
        await _fixture.ImportAsync(_folder.Path, Token);
        using var later = new TemporaryFolder();
        later.Add("a/2.png", Pictures.Png(2));
        later.Add("b/3.png", Pictures.Png(3));
        var import = await _fixture.ImportAsync(later.Path, Token);
        Assert.Equal((1, 0, 1), (import.Added, import.Duplicates, import.Rejected));
    }

    [Fact]
    public async Task Class_folders_that_the_project_does_not_know_are_refused()
    {
        _folder.Add("a/1.png", Pictures.Png(1));
        _folder.Add("b/2.png", Pictures.Png(2));
        await _fixture.ImportAsync(_folder.Path, Token);
        _folder.Add("c/3.png", Pictures.Png(3));
        var refused = await Assert.ThrowsAsync<DatasetException>(() => _fixture.ImportAsync(_folder.Path, Token));
        Assert.Contains("'c' is not a class of this project", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_project_that_wants_gold_has_it_after_the_import_and_its_patients_stay_training_patients()
    {
        await using (var db = _fixture.CreateDbContext())
        {
            await db.Projects.ExecuteUpdateAsync(set => set.SetProperty(p => p.GoldImages, 4), Token);
        }

        // One patient: all images are training images.
        Add(_folder, from: 0, count: 6);
        await _fixture.ImportAsync(_folder.Path, Token);
        Assert.Equal([(DataSplit.Training, 2), (DataSplit.Gold, 4)], (await SplitsAsync()).Values.CountBy(s => s).Select(s => (s.Key, s.Value)).Order());

        Add(_folder, from: 6, count: 4);
        await _fixture.ImportAsync(_folder.Path, Token);
        Assert.Equal([(DataSplit.Training, 6), (DataSplit.Gold, 4)], (await SplitsAsync()).Values.CountBy(s => s).Select(s => (s.Key, s.Value)).Order());

        static void Add(TemporaryFolder folder, int from, int count)
        {
            for (var i = from; i < from + count; i++)
            {
                folder.Add($"{(i % 2 == 0 ? "a" : "b")}/C1thin_{i}.png", Pictures.Png(i));
            }
        }
    }

    private async Task<int> CountAsync()
    {
        await using var db = _fixture.CreateDbContext();
        return await db.Images.CountAsync(Token);
    }

    private async Task<Dictionary<string, DataSplit>> SplitsAsync()
    {
        await using var db = _fixture.CreateDbContext();
        return await db.Images.ToDictionaryAsync(i => i.ContentHash, i => i.Split, Token);
    }

    /// <summary>Cancels when so many contexts were asked for.</summary>
    private sealed class BreakingContexts(IDbContextFactory<AppDbContext> inner, CancellationTokenSource stop, int breakAt) : IDbContextFactory<AppDbContext>
    {
        private int _asked;

        public AppDbContext CreateDbContext()
        {
            if (++_asked == breakAt)
            {
                stop.Cancel();
            }

            return inner.CreateDbContext();
        }
    }
}
