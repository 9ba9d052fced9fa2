using System.Text;
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
            Assert.Equal(File.ReadAllBytes(Path.Combine(mini, image.SourcePath)), _fixture.Store.Open(image.ContentHash).ReadWhole());
            Assert.Equal(image.SourcePath.StartsWith("Parasitized", StringComparison.Ordinal) ? 0 : 1, image.ReferenceClass);
            Assert.Equal((128, 128), (image.Width, image.Height));
        });
    }

    [Fact]
    public async Task A_project_that_was_given_other_shares_parts_new_patients_by_them()
    {
        await using (var db = _fixture.CreateDbContext())
        {
            await db.Projects.ExecuteUpdateAsync(set => set.SetProperty(p => p.TestShare, 0.5).SetProperty(p => p.CalibrationShare, 0.2), Token);
        }

        await _fixture.ImportAsync(SharedData.Require("data/nih-malaria-mini"), Token);

        await using var after = _fixture.CreateDbContext();
        Assert.InRange(await after.Images.CountAsync(i => i.Split == DataSplit.Test, Token), 108, 132);
        Assert.InRange(await after.Images.CountAsync(i => i.Split == DataSplit.Calibration, Token), 36, 60);
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
        Assert.Equal((17, 2, 6, 1, 15), (import.Added, import.Duplicates, import.Rejected, import.Conflicts, import.WithoutPatient));
        await using var db = _fixture.CreateDbContext();
        var issues = await db.ImportIssues.Where(i => i.ImportId == import.Id).ToListAsync(Token);
        Assert.Equal((6, 1), (issues.Count(i => !i.IsConflict), issues.Count(i => i.IsConflict)));
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
        var breaking = new InterruptingContexts(_fixture, at: 5, stop.Cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new DatasetImporter(breaking, _fixture.Store).ImportAsync(import, stop.Token));
        var before = await CountAsync();
        Assert.Equal(256, before);

        await new DatasetImporter(_fixture, _fixture.Store).ImportAsync(import, Token);
        Assert.Equal(600, await CountAsync());
        Assert.Equal((600 - before, before, 0), (import.Added, import.Duplicates, import.Rejected));
        Assert.Equal(4, (await SplitsAsync()).Values.Distinct().Count());
    }

    [Fact]
    public async Task A_file_that_changes_while_it_is_read_is_left_out_and_goes_in_next_time()
    {
        _folder.Add("a/C1thin_1.png", Pictures.Png(1));
        var changing = _folder.Add("b/C2thin_2.png", Pictures.Png(2));
        var import = await _fixture.QueueAsync(_folder.Path);

        // The third context is asked for once the inventory is taken, before the first picture is decoded.
        var contexts = new InterruptingContexts(_fixture, at: 3, () => File.WriteAllBytes(changing, Pictures.Png(3)));
        await new DatasetImporter(contexts, _fixture.Store).ImportAsync(import, Token);
        Assert.Equal((1, 1), (import.Added, import.Rejected));
        await using var db = _fixture.CreateDbContext();
        Assert.Equal("The file was changed while it was read; import it again.", (await db.ImportIssues.SingleAsync(Token)).Reason);

        Assert.Equal((1, 0), await _fixture.ImportAsync(_folder.Path, Token) is { } again ? (again.Added, again.Rejected) : default);
    }

    [Fact]
    public async Task A_picture_under_two_classes_goes_in_once_without_a_class_and_people_decide()
    {
        AddManifest(
            "a.png,a,P1,,training", "b.png,b,P1,,training", "twice-a.png,a,P1,,training", "twice-b.png,b,P1,,training",
            "c.png,a,P2,,test", "d.png,b,P2,,test", "again-a.png,a,P2,,test", "again-b.png,b,P2,,test");
        foreach (var (name, shade) in new[] { ("a", 1), ("b", 2), ("c", 3), ("d", 4), ("twice-a", 5), ("twice-b", 5), ("again-a", 6), ("again-b", 6) })
        {
            _folder.Add($"{name}.png", Pictures.Png(shade));
        }

        var import = await _fixture.ImportAsync(_folder.Path, Token);
        Assert.Equal((6, 2, 0, 2), (import.Added, import.Duplicates, import.Rejected, import.Conflicts));
        await using var db = _fixture.CreateDbContext();
        var images = await db.Images.ToDictionaryAsync(i => i.SourcePath, Token);
        // Of the pool two readers are asked, of the test set an adjudicator.
        Assert.Equal((null, 2, 2), (images["twice-a.png"].ReferenceClass, images["twice-a.png"].ReadingsAsked, images["twice-a.png"].ReadingsWanted));
        Assert.Equal((null, 0), (images["again-a.png"].ReferenceClass, images["again-a.png"].ReadingsAsked));
        Assert.Equal([images["again-a.png"].Id], await db.ReferenceDoubts.Select(d => d.ImageId).ToListAsync(Token));

        await _fixture.ImportAsync(_folder.Path, Token);
        Assert.Single(await db.ReferenceDoubts.ToListAsync(Token));
    }

    [Fact]
    public async Task A_picture_that_the_project_knows_under_another_class_stays_and_is_doubted()
    {
        AddManifest("1.png,a,P1,,test", "2.png,b,P1,,test");
        _folder.Add("1.png", Pictures.Png(1));
        _folder.Add("2.png", Pictures.Png(2));
        await _fixture.ImportAsync(_folder.Path, Token);
        using var later = new TemporaryFolder();
        later.Add("a/2.png", Pictures.Png(2));
        later.Add("b/3.png", Pictures.Png(3));
        var import = await _fixture.ImportAsync(later.Path, Token);
        Assert.Equal((1, 1, 0, 1), (import.Added, import.Duplicates, import.Rejected, import.Conflicts));
        await using var db = _fixture.CreateDbContext();
        var known = await db.Images.SingleAsync(i => i.SourcePath == "2.png", Token);
        Assert.Equal(1, known.ReferenceClass);
        Assert.Equal([known.Id], await db.ReferenceDoubts.Select(d => d.ImageId).ToListAsync(Token));
    }

    [Fact]
    public async Task A_dry_run_leaves_nothing_but_says_what_the_import_then_does()
    {
        var mini = SharedData.Require("data/nih-malaria-mini");
        var dry = await _fixture.ImportAsync(mini, Token, isDryRun: true);
        await using (var db = _fixture.CreateDbContext())
        {
            Assert.Equal((0, 0), (await db.Images.CountAsync(Token), await db.ProjectClasses.CountAsync(Token)));
        }

        var real = await _fixture.ImportAsync(mini, Token);
        Assert.Equal((real.Added, real.Duplicates, real.Rejected, real.Conflicts), (dry.Added, dry.Duplicates, dry.Rejected, dry.Conflicts));
        await using (var db = _fixture.CreateDbContext())
        {
            var images = await db.Images.ToListAsync(Token);
            var plan = (await db.Imports.SingleAsync(i => i.Id == dry.Id, Token)).Plan!;
            Assert.Equal(14, plan.Patients);
            Assert.Equal(Groups(images, i => i.ReferenceClass == 0 ? "Parasitized" : "Uninfected"), plan.Classes.ToHashSet());
            Assert.Equal(Groups(images, i => i.Split.ToString()), plan.Splits.ToHashSet());
        }

        static HashSet<PlannedGroup> Groups(List<ProjectImage> images, Func<ProjectImage, string> name) =>
            [.. images.GroupBy(name).Select(g => new PlannedGroup(g.Key, g.Count(), g.Select(i => i.Patient).Distinct().Count()))];
    }

    [Fact]
    public async Task What_a_manifest_says_is_kept_and_the_rest_is_split_as_ever()
    {
        AddManifest("1.png,a,P1,Ward 1,test", "2.png,b,P2,,training", "3.png,,P3,,");
        for (var i = 1; i <= 3; i++)
        {
            _folder.Add($"{i}.png", Pictures.Png(i));
        }

        await _fixture.ImportAsync(_folder.Path, Token);
        await using var db = _fixture.CreateDbContext();
        var images = await db.Images.OrderBy(i => i.SourcePath).ToListAsync(Token);
        Assert.Equal(["P1", "P2", "P3"], images.Select(i => i.Patient));
        Assert.Equal([0, 1, null], images.Select(i => i.ReferenceClass));
        Assert.Equal(["Ward 1", null, null], images.Select(i => i.Site));
        Assert.Equal([DataSplit.Test, DataSplit.Training], images.Take(2).Select(i => i.Split));
    }

    [Theory]
    [InlineData("P1", "no patient may be on two sides")]
    [InlineData("", "nothing tells their patients")]
    public async Task A_manifest_that_parts_a_patient_is_refused_before_anything_is_stored(string patient, string sentence)
    {
        AddManifest($"1.png,a,{patient},,training", $"2.png,b,{patient},,test");
        _folder.Add("1.png", Pictures.Png(1));
        _folder.Add("2.png", Pictures.Png(2));
        var refused = await Assert.ThrowsAsync<DatasetException>(() => _fixture.ImportAsync(_folder.Path, Token));
        Assert.Contains(sentence, refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, await CountAsync());
    }

    [Fact]
    public async Task A_manifest_moves_no_patient_from_where_the_project_has_them()
    {
        AddManifest("1.png,a,P1,,test", "2.png,b,P2,,training");
        _folder.Add("1.png", Pictures.Png(1));
        _folder.Add("2.png", Pictures.Png(2));
        await _fixture.ImportAsync(_folder.Path, Token);
        AddManifest("3.png,a,P1,,training");
        _folder.Add("3.png", Pictures.Png(3));
        var refused = await Assert.ThrowsAsync<DatasetException>(() => _fixture.ImportAsync(_folder.Path, Token));
        Assert.Contains("this project has its patient in Test", refused.Message, StringComparison.Ordinal);
        Assert.Equal(2, await CountAsync());
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
    public async Task A_first_import_that_brings_nothing_does_not_say_what_the_classes_are()
    {
        _folder.Add("wrong/1.png", "no picture"u8.ToArray());
        _folder.Add("folder/2.png", "no picture"u8.ToArray());
        await _fixture.ImportAsync(_folder.Path, Token);
        using var right = new TemporaryFolder();
        right.Add("a/1.png", Pictures.Png(1));
        right.Add("b/2.png", Pictures.Png(2));
        await _fixture.ImportAsync(right.Path, Token);
        await using var db = _fixture.CreateDbContext();
        Assert.Equal(["a", "b"], await db.ProjectClasses.OrderBy(c => c.Index).Select(c => c.Name).ToListAsync(Token));
        Assert.Equal([0, 1], await db.Images.OrderBy(i => i.SourcePath).Select(i => i.ReferenceClass).ToListAsync(Token));
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

    private void AddManifest(params string[] rows) =>
        _folder.Add("manifest.csv", Encoding.UTF8.GetBytes(string.Join('\n', ["path,label,patient,site,split", .. rows])));

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

    /// <summary>Does something when so many contexts were asked for.</summary>
    private sealed class InterruptingContexts(IDbContextFactory<AppDbContext> inner, int at, Action interrupt) : IDbContextFactory<AppDbContext>
    {
        private int _asked;

        public AppDbContext CreateDbContext()
        {
            if (++_asked == at)
            {
                interrupt();
            }

            return inner.CreateDbContext();
        }
    }
}
