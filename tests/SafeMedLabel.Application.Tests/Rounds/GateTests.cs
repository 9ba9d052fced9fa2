using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Rounds;

/// <summary>Rounds on a locked test set of 200 images of ten patients, which is enough for limits of 5 %.</summary>
public sealed class GateTests : IAsyncLifetime
{
    private const string FirstModel = "round-1.safetensors";

    private readonly ScriptedTrainer _trainer = new();
    private Workplace _workplace = null!;
    private string _lead = "";

    /// <summary>By row of the pixel file.</summary>
    private List<(int ReferenceClass, DataSplit Split)> _rows = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _workplace = await ScriptedRounds.CreateAsync(_trainer);
        _lead = await _workplace.AddUserAsync("Lea", Roles.Lead);
        await _workplace.ChangeAsync(p => (p.LargestSilentFailureRate, p.SmallestSensitivity, p.SmallestCoverage, p.GateMargin) = (0.05, 0.8, 0.5, 0.05));
        await _workplace.AddImagesAsync(12);
        for (var patient = 0; patient < 10; patient++)
        {
            await _workplace.AddImagesAsync(20, DataSplit.Test, $"T{patient}");
        }

        await _workplace.LabelAsync("ada", 4);
        await using var db = _workplace.Open();
        _rows = [.. (await db.Images.OrderBy(i => i.ContentHash).ToListAsync(Cancellation)).Select(i => (i.ReferenceClass!.Value, i.Split))];
        _trainer.Answer = (_, row) => Right(row, 0.99);
    }

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task A_model_that_passes_becomes_active_by_itself_and_the_next_is_held_against_it()
    {
        var first = await RunAsync();
        var second = await RunAsync();

        Assert.Equal((GateVerdict.Pass, GateVerdict.Pass), (first.Gate!.Verdict, second.Gate!.Verdict));
        Assert.Equal((null, first.Id), (first.GateAgainstRoundId, second.GateAgainstRoundId!.Value));
        Assert.DoesNotContain(first.Gate.Criteria, c => c.Measure == GateMeasure.SilentFailureDifference);
        Assert.Contains(second.Gate.Criteria, c => c.Measure == GateMeasure.SilentFailureDifference);
        await using var db = _workplace.Open();
        var promotions = await db.Promotions.OrderBy(p => p.Id).Select(p => new { p.Kind, p.PreviousRoundId, p.RoundId, p.ById }).ToListAsync(Cancellation);
        Assert.Equal([(PromotionKind.Gate, null, first.Id), (PromotionKind.Gate, first.Id, second.Id)], promotions.Select(p => (p.Kind, p.PreviousRoundId, p.RoundId!.Value)));
        Assert.All(promotions, p => Assert.Null(p.ById));
        Assert.Equal(second.Id, await ActiveAsync());
        // By name: a version that knows more verdicts still reads this one right.
        Assert.Contains("\"verdict\":\"Pass\"", await db.Database.SqlQuery<string>($"SELECT Gate AS Value FROM Rounds").FirstAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_is_more_accurate_but_surer_of_its_mistakes_is_refused()
    {
        // The active one errs in a fifth of the images and says that it does not know; the planted one errs in a tenth, and is sure.
        _trainer.Answer = (model, row) => model == FirstModel
            ? row % 5 == 0 ? Wrong(row, 0.6) : Right(row, 0.99)
            : row % 10 == 0 ? Wrong(row, 0.99) : Right(row, 0.99);
        await _workplace.ChangeAsync(p => p.SmallestSensitivity = 0.5);

        var safe = await RunAsync();
        var planted = await RunAsync();

        Assert.True(planted.Accuracy > safe.Accuracy);
        Assert.Equal((GateVerdict.Pass, GateVerdict.Fail), (safe.Gate!.Verdict, planted.Gate!.Verdict));
        Assert.Equal(GateVerdict.Fail, planted.Gate.Criteria.Single(c => c.Measure == GateMeasure.SilentFailureDifference).Verdict);
        Assert.True(planted.Gate.McNemar < 0.001);
        Assert.Equal(safe.Id, await ActiveAsync());
    }

    [Fact]
    public async Task A_model_that_nothing_speaks_against_is_not_let_through_where_the_images_are_too_few_to_say()
    {
        await _workplace.ChangeAsync(p => p.LargestSilentFailureRate = 0.01);

        var round = await RunAsync();

        Assert.Equal((0.0, GateVerdict.InsufficientEvidence), (round.SilentFailureRate!.Value, round.Gate!.Verdict));
        Assert.Null(await ActiveAsync());
    }

    [Fact]
    public async Task The_gate_stays_closed_where_the_active_model_cannot_be_asked_and_the_round_goes_on()
    {
        var first = await RunAsync();
        _trainer.Answer = (model, row) => model == FirstModel ? throw new InvalidDataException("It is damaged.") : Right(row, 0.99);

        var second = await RunAsync();

        Assert.Equal((RoundState.Completed, GateVerdict.InsufficientEvidence), (second.State, second.Gate!.Verdict));
        Assert.Contains("It is damaged.", second.Gate.Obstacle, StringComparison.Ordinal);
        Assert.Equal(first.Id, await ActiveAsync());
    }

    [Fact]
    public async Task The_gate_stays_closed_where_there_are_no_test_images()
    {
        await using (var db = _workplace.Open())
        {
            await db.Images.Where(i => i.Split == DataSplit.Test).ExecuteUpdateAsync(set => set.SetProperty(i => i.ReferenceClass, (int?)null), Cancellation);
        }

        var round = await RunAsync();

        Assert.Equal((RoundState.Completed, GateVerdict.InsufficientEvidence), (round.State, round.Gate!.Verdict));
        Assert.NotNull(round.Gate.Obstacle);
        Assert.Null(await ActiveAsync());
    }

    [Fact]
    public async Task A_model_that_was_held_against_another_than_the_active_one_is_not_let_through()
    {
        var first = await RunAsync();
        // Images of the pool are asked about after the gate has judged.
        _trainer.Answer = (_, row) =>
        {
            if (_rows[row].Split == DataSplit.Training)
            {
                _workplace.WithAsync<PromotionService, Result>(p => p.RollBackAsync(_workplace.ProjectId, first.Id, _lead, Cancellation)).GetAwaiter().GetResult();
            }

            return Right(row, 0.99);
        };

        var second = await RunAsync();

        Assert.Equal((GateVerdict.Pass, first.Id), (second.Gate!.Verdict, second.GateAgainstRoundId!.Value));
        Assert.Null(await ActiveAsync());
    }

    [Fact]
    public async Task The_certificate_of_the_calibration_images_is_kept_with_the_round()
    {
        _trainer.Certificate = new Certificate(0.93, 0.8, 1000, 16, 4, 0.0099, 0.01, 0.05);

        var round = await RunAsync();

        Assert.Equal(_trainer.Certificate, round.Certificate);
        Assert.Equal((0.01, 0.05), (_trainer.Task!.CertifiedRate, _trainer.Task.CertifiedDoubt));
    }

    private double[] Right(int row, double confidence) => _rows[row].ReferenceClass == 0 ? [confidence, 1 - confidence] : [1 - confidence, confidence];

    private double[] Wrong(int row, double confidence) => [.. Right(row, confidence).Reverse()];

    private async Task<int?> ActiveAsync()
    {
        await using var db = _workplace.Open();
        return await db.Projects.Select(p => p.ActiveRoundId).SingleAsync(Cancellation);
    }

    private Task<Round> RunAsync() => ScriptedRounds.RunAsync(_workplace, _lead);
}
