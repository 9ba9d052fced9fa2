using Microsoft.Extensions.DependencyInjection;
using Quartz;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Jobs;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Application.Tests.Live;
using SafeMedLabel.Application.Tests.Rounds;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Jobs;

public sealed class DailyRoundsJobTests : IAsyncLifetime
{
    private Workplace _workplace = null!;
    private string _reader = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _workplace = await Workplace.CreateAsync(services => services.AddSafeMedLabelWorker<ScriptedTrainer, ScriptedLearner>().AddSingleton<DailyRoundsJob>());
        _reader = await _workplace.AddUserAsync("Ada", Roles.Pathologist);
        await _workplace.AddImagesAsync(20);
    }

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task At_its_hour_a_project_with_new_labels_gets_a_round_and_without_new_ones_none()
    {
        await _workplace.ChangeAsync(p => p.RetrainAtHour = 2);
        await _workplace.LabelAsync(_reader, 8);

        await StartAsync(hour: 1);
        Assert.Empty(await RoundsAsync());
        await StartAsync(hour: 2);
        var round = Assert.Single(await RoundsAsync());
        Assert.Equal((8, null), (round.LabelCount, round.RequestedById));

        Assert.Null((await _workplace.Rounds.CancelAsync(round.Id, Cancellation)).Error);
        await StartAsync(hour: 2);
        Assert.Single(await RoundsAsync());
        await _workplace.LabelAsync(_reader, 1);
        await StartAsync(hour: 2);
        Assert.Equal(2, (await RoundsAsync()).Count);
    }

    [Fact]
    public async Task A_project_that_asks_for_none_gets_none()
    {
        await _workplace.LabelAsync(_reader, 8);

        await StartAsync(hour: 0);

        Assert.Empty(await RoundsAsync());
    }

    [Fact]
    public async Task The_worker_looks_at_each_full_hour_in_utc()
    {
        var scheduler = await _workplace.Get<ISchedulerFactory>().GetScheduler(Cancellation);

        var trigger = Assert.Single(await scheduler.GetTriggersOfJob(DailyRoundsJob.Key, Cancellation));

        var from = new DateTimeOffset(2026, 3, 29, 0, 30, 0, TimeSpan.Zero);
        var first = trigger.GetFireTimeAfter(from)!.Value;
        Assert.Equal([from.AddMinutes(30), from.AddMinutes(90)], (DateTimeOffset[])[first, trigger.GetFireTimeAfter(first)!.Value]);
    }

    private Task StartAsync(int hour) => _workplace.Get<DailyRoundsJob>().StartAsync(hour, Cancellation);

    private Task<IReadOnlyList<Round>> RoundsAsync() => _workplace.Rounds.ListAsync(_workplace.ProjectId, Cancellation);
}
