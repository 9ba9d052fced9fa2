using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Datasets;

/// <summary>A split that cannot measure is told before it is too late, and changed only while nothing depends on it.</summary>
public sealed class SplitServiceTests : IAsyncLifetime
{
    private const int Patients = 60;

    private Workplace _workplace = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private SplitService Splits => _workplace.Get<SplitService>();

    /// <summary>Two images of each patient, one of each class; by the usual shares: twelve patients for the test, six for calibration.</summary>
    public async ValueTask InitializeAsync()
    {
        _workplace = await Workplace.CreateAsync();
        await _workplace.AddImagesAsync(2 * Patients);
        await using var db = _workplace.Open();
        foreach (var (i, image) in (await db.Images.OrderBy(i => i.QueueRank).ToListAsync(Cancellation)).Index())
        {
            (image.Patient, image.Split) = ($"P{i / 2:00}", (i / 2) switch { < 12 => DataSplit.Test, < 18 => DataSplit.Calibration, < 24 => DataSplit.Validation, _ => DataSplit.Training });
        }

        await db.SaveChangesAsync(Cancellation);
    }

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task What_is_too_little_is_told_with_a_split_that_has_enough_and_that_one_has()
    {
        var advice = (await Splits.AdviseAsync(_workplace.ProjectId, Cancellation))!;
        Assert.Equal([new ThinClass(DataSplit.Calibration, 0, 6, 6), new ThinClass(DataSplit.Calibration, 1, 6, 6)], advice.Thin);
        Assert.Null(advice.WhyFixed);
        // Held by a reader, whom the new split takes it from.
        await _workplace.NextAsync("ada");

        Assert.Null((await Splits.SplitAnewAsync(_workplace.ProjectId, advice.Better!, Cancellation)).Error);

        Assert.Null(await Splits.AdviseAsync(_workplace.ProjectId, Cancellation));
        await using var db = _workplace.Open();
        var images = await db.Images.ToListAsync(Cancellation);
        Assert.Equal(2 * Patients, images.Count);
        Assert.All(images.GroupBy(i => i.Patient), patient => Assert.Single(patient.Select(i => i.Split).Distinct()));
        Assert.All(images, i => Assert.Equal((0, 1), (i.ReadingsTaken, i.ReadingsWanted)));
        Assert.Equal(0, await db.Leases.CountAsync(Cancellation));
        var project = await db.Projects.SingleAsync(Cancellation);
        Assert.Equal((advice.Better!.Test, advice.Better.Calibration), (project.TestShare, project.CalibrationShare));
        Assert.Equal(advice.Better, project.Fractions);
        var next = await _workplace.NextAsync("ada");
        Assert.Equal(DataSplit.Training, images.Single(i => i.Id == next).Split);
    }

    [Fact]
    public async Task Once_somebody_has_read_an_image_the_split_stays()
    {
        await _workplace.AnswerNextAsync("ada");

        var advice = (await Splits.AdviseAsync(_workplace.ProjectId, Cancellation))!;
        Assert.StartsWith("Images were read already: ", advice.WhyFixed, StringComparison.Ordinal);
        Assert.Equal(2, advice.Thin.Count);
        await StaysAsync("Images were read already: ");
    }

    [Fact]
    public async Task Once_a_round_was_started_the_split_stays_and_nothing_is_said()
    {
        await using (var db = _workplace.Open())
        {
            db.Rounds.Add(new Round { ProjectId = _workplace.ProjectId, Number = 1, Method = "safemed-ssl", State = RoundState.Failed });
            await db.SaveChangesAsync(Cancellation);
        }

        Assert.Null(await Splits.AdviseAsync(_workplace.ProjectId, Cancellation));
        await StaysAsync("A round was started: ");
    }

    [Fact]
    public async Task While_images_are_imported_the_split_stays()
    {
        await using (var db = _workplace.Open())
        {
            await db.Imports.ExecuteUpdateAsync(set => set.SetProperty(i => i.State, ImportState.Running), Cancellation);
        }

        Assert.Null(await Splits.AdviseAsync(_workplace.ProjectId, Cancellation));
        await StaysAsync("An import is under way");
    }

    [Fact]
    public async Task While_people_are_to_decide_about_images_the_split_stays()
    {
        await using (var db = _workplace.Open())
        {
            await db.Images.Where(i => i.Patient == "P30").ExecuteUpdateAsync(set => set.SetProperty(i => i.ReadingsAsked, 2), Cancellation);
        }

        await StaysAsync("Images came with two classes");
    }

    [Fact]
    public async Task By_the_shares_that_it_has_nothing_is_split_anew()
    {
        var before = (await _workplace.Get<ProjectService>().GetAsync(_workplace.ProjectId, Cancellation))!;
        Assert.Equal("The patients are split by these shares already.", (await Splits.SplitAnewAsync(before.Id, before.Fractions, Cancellation)).Error);
    }

    [Fact]
    public async Task A_patient_whose_name_was_written_otherwise_by_an_earlier_version_stays_one()
    {
        await using var db = _workplace.Open();
        var names = Enumerable.Range(0, Patients).Select(p => $"P{p:00}").ToList();
        foreach (var name in names)
        {
            var other = await db.Images.FirstAsync(i => i.Patient == name, Cancellation);
            await db.Images.Where(i => i.Id == other.Id).ExecuteUpdateAsync(set => set.SetProperty(i => i.Patient, name + "\u00a0"), Cancellation);
        }

        Assert.Null((await Splits.SplitAnewAsync(_workplace.ProjectId, new SplitFractions(Calibration: 0.2, Test: 0.3), Cancellation)).Error);

        var images = await db.Images.AsNoTracking().Select(i => new { i.Patient, i.Split }).ToListAsync(Cancellation);
        Assert.All(images.GroupBy(i => i.Patient.Trim()), patient => Assert.Single(patient.Select(i => i.Split).Distinct()));
    }

    [Fact]
    public async Task Gold_images_are_drawn_anew_from_the_new_training_patients()
    {
        var project = (await _workplace.Get<ProjectService>().GetAsync(_workplace.ProjectId, Cancellation))!;
        Assert.Null((await _workplace.Get<ProjectService>().UpdateAsync(project.Id, ProjectSettings.Of(project) with { GoldImages = 10 }, project.Version, Cancellation)).Error);

        Assert.Null((await Splits.SplitAnewAsync(project.Id, new SplitFractions(Calibration: 0.3, Test: 0.4), Cancellation)).Error);

        await using var db = _workplace.Open();
        var images = await db.Images.ToListAsync(Cancellation);
        Assert.Equal(10, images.Count(i => i.Split == DataSplit.Gold));
        Assert.All(images.GroupBy(i => i.Patient), patient => Assert.Single(patient.Select(i => i.Split == DataSplit.Gold ? DataSplit.Training : i.Split).Distinct()));
        Assert.All(images.Where(i => i.Split == DataSplit.Training), i => Assert.Equal(1, i.ReadingsWanted));
    }

    private async Task StaysAsync(string reason)
    {
        async Task<List<(Guid, DataSplit)>> ReadAsync()
        {
            await using var db = _workplace.Open();
            return [.. (await db.Images.OrderBy(i => i.Id).ToListAsync(Cancellation)).Select(i => (i.Id, i.Split))];
        }

        var before = await ReadAsync();
        Assert.StartsWith(reason, (await Splits.SplitAnewAsync(_workplace.ProjectId, new SplitFractions(Calibration: 0.2, Test: 0.3), Cancellation)).Error, StringComparison.Ordinal);
        Assert.Equal(before, await ReadAsync());
    }
}
