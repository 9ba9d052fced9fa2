using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Application.Tests.Rounds;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Monitoring;

public sealed class RoundComparisonTests : IAsyncLifetime
{
    private readonly ScriptedTrainer _trainer = new();
    private Workplace _workplace = null!;
    private string _lead = "";
    private List<Guid> _test = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _workplace = await ScriptedRounds.CreateAsync(_trainer);
        _lead = await _workplace.AddUserAsync("Lea", Roles.Lead);
        await _workplace.AddImagesAsync(12);
        // Of classes 0 and 1 in turn; the scripted model takes all for 0, at 0.97.
        _test = [.. await _workplace.AddImagesAsync(6, DataSplit.Test, "A"), .. await _workplace.AddImagesAsync(4, DataSplit.Test, "B")];
        await _workplace.LabelAsync("ada", 4);
    }

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task Two_models_are_compared_image_by_image()
    {
        var first = await RunAsync();
        _trainer.Answer = (_, row) => row % 2 == 0 ? [0.97, 0.03] : [0.4, 0.6];
        var second = await RunAsync();

        var both = (await CompareAsync(first.Id, second.Id)).Value!;

        Assert.Equal((10, 2), (both.OfFirst.Set.Count, both.Patients));
        Assert.Equal(both.OfFirst.Ids, both.OfSecond.Ids);
        Assert.Equal([Measure.Accuracy, Measure.SilentFailureRate, Measure.Coverage], both.Measures.Select(m => m.Measure));
        Assert.All(both.Measures, m => Assert.Equal(m.First - m.Second, m.Difference.Counts.Difference, 1e-12));
        Assert.All(both.Measures, m => Assert.InRange(m.Difference.Counts.Difference, m.Difference.Interval!.Value.Low, m.Difference.Interval.Value.High));
        Assert.Equal((0.5, 0.5), (both.Measures[0].First, both.Measures[1].First));
        Assert.Equal(1, both.Measures[2].First);
        Assert.True(both.Measures[2].Second < 1);
        var back = (await CompareAsync(second.Id, first.Id)).Value!;
        Assert.Equal(-both.Measures[0].Difference.Counts.Difference, back.Measures[0].Difference.Counts.Difference);
    }

    [Fact]
    public async Task Images_that_only_one_was_asked_about_are_left_out()
    {
        var first = await RunAsync();
        await _workplace.AddImagesAsync(5, DataSplit.Test, "C");
        var second = await RunAsync();

        var both = (await CompareAsync(second.Id, first.Id)).Value!;

        Assert.Equal(_test.Order(), both.OfSecond.Ids.Order());
        Assert.Equal(15, second.TestCount);
    }

    [Fact]
    public async Task What_cannot_be_compared_is_refused_with_a_sentence()
    {
        var first = await RunAsync();
        var unmeasured = await ScriptedRounds.StartAsync(_workplace, _lead);

        Assert.Contains("one of them is not there", (await CompareAsync(first.Id, first.Id)).Error, StringComparison.Ordinal);
        Assert.Contains("one of them is not there", (await CompareAsync(first.Id, 999)).Error, StringComparison.Ordinal);
        Assert.Contains("not kept", (await CompareAsync(first.Id, unmeasured)).Error, StringComparison.Ordinal);
    }

    private Task<Round> RunAsync() => ScriptedRounds.RunAsync(_workplace, _lead);

    private Task<Result<RoundComparison>> CompareAsync(int first, int second) =>
        _workplace.Get<RoundComparisonService>().CompareAsync(_workplace.ProjectId, first, second, Cancellation);
}
