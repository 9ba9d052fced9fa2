using Quartz;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Rounds;

public sealed class RoundServiceTests : IAsyncLifetime
{
    private Workplace _workplace = null!;
    private string _lead = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _workplace = await Workplace.CreateAsync();
        _lead = await _workplace.AddUserAsync("Lea", Roles.Lead);
        await _workplace.AddImagesAsync(20);
    }

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task A_round_needs_two_labels_in_each_of_two_classes()
    {
        for (var i = 0; i < 5; i++)
        {
            await _workplace.AnswerNextAsync("ada", classIndex: 0);
        }

        await _workplace.AnswerNextAsync("ada", classIndex: 1);
        Assert.Contains("label a few more", (await StartAsync()).Error, StringComparison.Ordinal);

        await _workplace.AnswerNextAsync("ada", classIndex: 1);
        Assert.Null((await StartAsync()).Error);
    }

    [Fact]
    public async Task A_round_remembers_its_labels_and_has_a_job_that_outlives_the_server()
    {
        await _workplace.LabelAsync("ada", 6);
        await _workplace.AnswerNextAsync("ada", AnswerKind.Unreadable);
        var started = await StartAsync();

        var round = (await _workplace.Rounds.GetAsync(started.Value, Cancellation))!;

        Assert.Equal((1, RoundState.Queued, 6, 13, 7L), (round.Round.Number, round.Round.State, round.Round.LabelCount, round.Round.PoolCount, round.Round.LabelSnapshot));
        Assert.Equal("Lea", round.RequestedBy);
        var scheduler = await _workplace.Get<ISchedulerFactory>().GetScheduler(Cancellation);
        Assert.True(await scheduler.Exists(new JobKey($"{started.Value}", "round"), Cancellation));
    }

    [Fact]
    public async Task A_round_is_of_our_method_where_validation_images_can_calibrate_its_filter_and_of_the_published_one_else()
    {
        await _workplace.LabelAsync("ada", 4);
        var without = (await StartAsync()).Value;
        Assert.Null((await _workplace.Rounds.CancelAsync(without, Cancellation)).Error);
        await _workplace.AddImagesAsync(2, DataSplit.Validation);
        var with = (await StartAsync()).Value;

        var rounds = await _workplace.Rounds.ListAsync(_workplace.ProjectId, Cancellation);
        Assert.Equal([(with, "safemed-ssl-plus"), (without, "safemed-ssl")], rounds.Select(r => (r.Id, r.Method)));
    }

    [Fact]
    public async Task Two_who_start_at_once_start_one_round()
    {
        await _workplace.LabelAsync("ada", 4);

        var results = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(StartAsync, Cancellation)));

        Assert.Single(results, r => r.Succeeded);
        Assert.Single(await _workplace.Rounds.ListAsync(_workplace.ProjectId, Cancellation));
    }

    [Fact]
    public async Task After_every_so_many_new_labels_a_round_starts_by_itself()
    {
        await SetRetrainAfterAsync(5);
        await _workplace.LabelAsync("ada", 4);
        Assert.Empty(await _workplace.Rounds.ListAsync(_workplace.ProjectId, Cancellation));

        await _workplace.LabelAsync("ben", 1);

        var round = Assert.Single(await _workplace.Rounds.ListAsync(_workplace.ProjectId, Cancellation));
        Assert.Equal((5, (string?)null), (round.LabelCount, round.RequestedById));
    }

    [Fact]
    public async Task Labels_that_come_while_a_round_waits_are_stored_and_count_for_the_next()
    {
        await SetRetrainAfterAsync(4);
        await _workplace.LabelAsync("ada", 7);
        var first = Assert.Single(await _workplace.Rounds.ListAsync(_workplace.ProjectId, Cancellation));
        await _workplace.Rounds.CancelAsync(first.Id, Cancellation);

        await _workplace.LabelAsync("ada", 1);

        var rounds = await _workplace.Rounds.ListAsync(_workplace.ProjectId, Cancellation);
        Assert.Equal([(2, 8), (1, 4)], rounds.Select(r => (r.Number, r.LabelCount)));
    }

    [Fact]
    public async Task A_waiting_round_is_cancelled_at_once_and_an_ended_one_not_at_all()
    {
        await _workplace.LabelAsync("ada", 4);
        var round = (await StartAsync()).Value;

        Assert.Null((await _workplace.Rounds.CancelAsync(round, Cancellation)).Error);

        Assert.Equal(RoundState.Cancelled, (await _workplace.Rounds.GetAsync(round, Cancellation))!.Round.State);
        Assert.Contains("already ended", (await _workplace.Rounds.CancelAsync(round, Cancellation)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_round_that_is_run_again_has_the_same_labels_seed_and_options_whatever_was_labelled_and_set_since()
    {
        await _workplace.LabelAsync("ada", 6);
        var first = (await StartAsync()).Value;
        Assert.Contains("already waiting", (await _workplace.Rounds.RunAgainAsync(first, _lead, Cancellation)).Error, StringComparison.Ordinal);
        await _workplace.Rounds.CancelAsync(first, Cancellation);
        await _workplace.LabelAsync("ada", 4);
        await using (var db = _workplace.Open())
        {
            var project = (await db.Projects.FindAsync([_workplace.ProjectId], Cancellation))!;
            (project.Epochs, project.ImageSize, project.SilentFailureThreshold, project.CertifiedRate) = (project.Epochs + 3, project.ImageSize + 32, 0.97, 0.05);
            await db.SaveChangesAsync(Cancellation);
        }

        var again = await _workplace.Rounds.RunAgainAsync(first, _lead, Cancellation);

        static object Recipe(Round r) => (r.LabelSnapshot, r.Consensus, r.LabelCount, r.PoolCount, r.Seed, r.Method, r.ImageSize, r.Epochs, r.Acquisition, r.SilentFailureThreshold, r.CertifiedRate, r.CertifiedDoubt);
        var rounds = await _workplace.Rounds.ListAsync(_workplace.ProjectId, Cancellation);
        Assert.Equal([again.Value, first], rounds.Select(r => r.Id));
        Assert.Equal(Recipe(rounds[1]), Recipe(rounds[0]));
        Assert.Contains("no longer exists", (await _workplace.Rounds.RunAgainAsync(999, _lead, Cancellation)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Labels_are_counted_from_the_latest_snapshot_also_after_an_older_round_was_run_again()
    {
        await _workplace.LabelAsync("ada", 4);
        var first = (await StartAsync()).Value;
        await _workplace.Rounds.CancelAsync(first, Cancellation);
        await _workplace.LabelAsync("ada", 4);
        await _workplace.Rounds.CancelAsync((await StartAsync()).Value, Cancellation);
        await _workplace.Rounds.CancelAsync((await _workplace.Rounds.RunAgainAsync(first, _lead, Cancellation)).Value, Cancellation);
        await SetRetrainAfterAsync(3);

        await _workplace.LabelAsync("ada", 2);

        Assert.Equal(3, (await _workplace.Rounds.ListAsync(_workplace.ProjectId, Cancellation)).Count);
    }

    private Task<Result<int>> StartAsync() => _workplace.Rounds.StartAsync(_workplace.ProjectId, _lead, Cancellation);

    private async Task SetRetrainAfterAsync(int labels)
    {
        await using var db = _workplace.Open();
        (await db.Projects.FindAsync([_workplace.ProjectId], Cancellation))!.RetrainAfterLabels = labels;
        await db.SaveChangesAsync(Cancellation);
    }
}
