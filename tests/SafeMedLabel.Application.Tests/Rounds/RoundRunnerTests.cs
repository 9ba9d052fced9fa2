using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Rounds;

public sealed class RoundRunnerTests : IAsyncLifetime
{
    private readonly ScriptedTrainer _trainer = new();
    private Workplace _workplace = null!;
    private string _lead = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _workplace = await ScriptedRounds.CreateAsync(_trainer);
        _lead = await _workplace.AddUserAsync("Lea", Roles.Lead);
        await _workplace.AddImagesAsync(12);
        await _workplace.AddImagesAsync(5, DataSplit.Validation);
        await _workplace.AddImagesAsync(5, DataSplit.Test, "P1");
        await _workplace.AddImagesAsync(5, DataSplit.Test, "P2");
        await _workplace.LabelAsync("ada", 4);
    }

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task A_round_ends_measured_on_the_locked_test_set()
    {
        var round = await RunAsync();

        // Always class 0 with 0.97, half of the cells are of class 1: half are wrong, all of those silently.
        Assert.Equal(RoundState.Completed, round.State);
        Assert.Equal((10, 2, 0.5, 0.5), (round.TestCount!.Value, round.TestPatients!.Value, round.Accuracy!.Value, round.SilentFailureRate!.Value));
        Assert.Equal((30L, 10L, 8), (round.PseudoLabelsAccepted, round.PseudoLabelsRejected, round.ScoredCount!.Value));
        await using var db = _workplace.Open();
        Assert.Equal(6, await db.RoundThresholds.CountAsync(t => t.RoundId == round.Id && t.SilentFailureRate == 0.5 && t.Coverage == 1, Cancellation));
    }

    [Fact]
    public async Task A_round_whose_test_images_are_all_of_one_class_has_no_figure_and_the_gate_stays_closed()
    {
        await using (var db = _workplace.Open())
        {
            await db.Images.Where(i => i.Split == DataSplit.Test).ExecuteUpdateAsync(set => set.SetProperty(i => i.ReferenceClass, 0), Cancellation);
        }

        var round = await RunAsync();

        // Always class 0: every image is right, and that says nothing.
        Assert.Equal((RoundState.Completed, 10, null, null, null), (round.State, round.TestCount, round.Accuracy, round.AccuracyLow, round.SilentFailureRate));
        Assert.Contains("there is no image of '", MeasuredValue.Problem(round.Measures!, ["one", "two"]), StringComparison.Ordinal);
        Assert.NotEqual(GateVerdict.Pass, round.Gate!.Verdict);
    }

    [Fact]
    public async Task What_the_model_says_of_each_test_image_is_kept_and_read_back_as_it_was_measured()
    {
        var round = await RunAsync();

        var tested = (await _workplace.Get<TestSetService>().ReadAsync(round.Id, Cancellation))!;
        await using var db = _workplace.Open();
        var known = await db.Images.Where(i => i.Split == DataSplit.Test).ToDictionaryAsync(i => i.Id, i => i.ReferenceClass!.Value, Cancellation);
        Assert.Equal(known.Keys.Order(), tested.Ids.Order());
        Assert.All(tested.Ids.Index(), i => Assert.Equal((known[i.Item], 0, (double)0.97f), (tested.Set.Label(i.Index), tested.Set.Predicted(i.Index), tested.Set.Confidence(i.Index))));
        // In the passes' two halves either class lies 0.004 times its row above or below a half: the sample variance of both classes together.
        var rows = await db.Images.OrderBy(i => i.ContentHash).Select(i => i.Id).ToListAsync(Cancellation);
        Assert.All(tested.Ids.Index(), i => Assert.Equal(2 * Math.Pow(0.004 * (rows.IndexOf(i.Item) + 1), 2) * RoundRunner.ScoringPasses / (RoundRunner.ScoringPasses - 1), tested.Uncertainty[i.Index], 1e-6));
        var accuracy = round.Measures!.Single(m => m.Measure == Measure.Accuracy);
        Assert.Equal((0.5, 10), (accuracy.Value!.Value, accuracy.Count));
        Assert.Equal(Metrics.SilentFailureRate(tested.Set, round.SilentFailureThreshold), round.Measures!.Single(m => m.Measure == Measure.SilentFailureRate).Value);
    }

    [Fact]
    public async Task A_round_that_kept_no_answers_has_no_tested_set() =>
        Assert.Null(await _workplace.Get<TestSetService>().ReadAsync(await _workplace.RankAsync([]), Cancellation));

    [Fact]
    public async Task What_the_model_says_of_the_first_fifth_of_the_unread_images_is_kept_for_the_live_check()
    {
        var round = await RunAsync();

        await using var db = _workplace.Open();
        var kept = await db.RoundPredictions.Where(p => p.RoundId == round.Id).ToListAsync(Cancellation);
        var unread = await db.Images.Where(i => i.Split == DataSplit.Training && i.ReadingsGiven == 0).OrderBy(i => i.ContentHash).Select(i => i.Id).ToListAsync(Cancellation);
        Assert.Equal(unread.Take(2).Order(), kept.Select(p => p.ImageId).Order());
        Assert.All(kept, p => Assert.Equal((0, 0.97), (p.ClassIndex, p.Confidence)));
        // Their pseudo-labels are kept while it trains.
        Assert.Equal(2, _trainer.Task!.Audited);
    }

    [Fact]
    public async Task What_the_passes_say_of_each_unread_image_is_kept_until_the_next_round_says_something_else()
    {
        await RunAsync();
        await _workplace.LabelAsync("ada", 3);
        var round = await RunAsync();

        await using var db = _workplace.Open();
        var opinions = await db.ModelOpinions.ToListAsync(Cancellation);
        var unread = await db.Images.Where(i => i.Split == DataSplit.Training && i.ReadingsGiven == 0).Select(i => i.Id).ToListAsync(Cancellation);
        Assert.Equal(unread.Order(), opinions.Select(o => o.ImageId).Order());
        Assert.All(opinions, o =>
        {
            Assert.Equal((round.Id, RoundRunner.ScoringPasses), (o.RoundId, o.Passes.Length));
            Assert.Equal(o.Probability, o.Passes.Average(p => p / 255.0), 0.002);
        });
    }

    [Fact]
    public async Task Training_reads_no_row_of_the_test_set()
    {
        await RunAsync();

        await using var db = _workplace.Open();
        var byRow = await db.Images.OrderBy(i => i.ContentHash).Select(i => i.Split).ToListAsync(Cancellation);
        var task = _trainer.Task!;
        Assert.All(task.Labelled.Concat(task.Pool), row => Assert.Equal(DataSplit.Training, byRow[row]));
        Assert.All(task.Validation, row => Assert.Equal(DataSplit.Validation, byRow[row]));
        Assert.Equal((4, 8, 5), (task.Labelled.Count, task.Pool.Count, task.Validation.Count));
    }

    [Fact]
    public async Task The_queue_is_ranked_anew_by_the_rounds_uncertainty()
    {
        await _workplace.ChangeAsync(p => p.Acquisition = AcquisitionFunction.Bald);
        var round = await RunAsync();

        await using var db = _workplace.Open();
        var rows = await db.Images.OrderBy(i => i.ContentHash).Select(i => i.Id).ToListAsync(Cancellation);
        var labelled = await db.Answers.Select(a => a.ImageId).ToListAsync(Cancellation);
        var expected = (await db.Images.Where(i => i.Split == DataSplit.Training).Select(i => i.Id).ToListAsync(Cancellation))
            .Except(labelled).OrderByDescending(id => rows.IndexOf(id)).ToList();
        var queue = await _workplace.Labelling.OpenAsync(_workplace.ProjectId, "ben", 8, Cancellation);
        Assert.Equal(expected, queue.Images.Select(i => i.Id));
        Assert.Equal(round.Id, (await db.Projects.SingleAsync(Cancellation)).QueueRoundId);
        Assert.All(await db.ModelOpinions.ToListAsync(Cancellation), o => Assert.Equal(Enumerable.Repeat((byte)rows.IndexOf(o.ImageId), Likeness.Length), o.Likeness));
    }

    [Fact]
    public async Task Readers_answer_while_a_large_queue_is_given_its_new_order_and_nobody_cancels_it_half_way()
    {
        await _workplace.AddImagesAsync(2 * QueueRanking.ChunkSize);
        var id = await StartAsync();
        var running = _workplace.Get<RoundRunner>().RunAsync(id, Cancellation);
        await using var db = _workplace.Open();
        while (await db.ModelOpinions.CountAsync(Cancellation) < QueueRanking.ChunkSize)
        {
            await Task.Delay(5, Cancellation);
        }

        // It waits for the test's clock now.
        var read = await _workplace.AnswerNextAsync("ben");
        Assert.Null((await _workplace.Rounds.CancelAsync(id, Cancellation)).Error);
        Assert.False(running.IsCompleted);
        Assert.Equal(RoundState.Scoring, (await _workplace.Rounds.GetAsync(id, Cancellation))!.Round.State);
        while (!running.IsCompleted)
        {
            _workplace.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5, Cancellation);
        }

        await running;
        Assert.Equal(RoundState.Completed, (await _workplace.Rounds.GetAsync(id, Cancellation))!.Round.State);
        Assert.Equal((2 * QueueRanking.ChunkSize) + 8, await db.ModelOpinions.CountAsync(o => o.RoundId == id, Cancellation));
        Assert.Equal(1, await db.Answers.CountAsync(a => a.ImageId == read, Cancellation));
    }

    [Fact]
    public async Task A_reader_learns_the_rank_of_an_image_that_they_have_read_and_of_no_other()
    {
        var round = await RunAsync();
        var next = await _workplace.NextAsync("ben");
        Assert.Null(await _workplace.Labelling.WhyAsync(_workplace.ProjectId, next, "ben", Cancellation));

        await _workplace.AnswerNextAsync("ben");

        var why = (await _workplace.Labelling.WhyAsync(_workplace.ProjectId, next, "ben", Cancellation))!;
        Assert.Equal((QueueReason.Ranked, 1, 8, round.Number, round.FinishedUtc), (why.Reason, why.Rank!.Value, why.Ranked, why.RoundNumber!.Value, why.RankedUtc));
        Assert.InRange(why.Score!.Value, 1e-6, 1);
        Assert.Null(await _workplace.Labelling.WhyAsync(_workplace.ProjectId, next, "ada", Cancellation));
    }

    [Fact]
    public async Task A_label_given_while_the_round_trains_is_stored_and_waits_for_the_next()
    {
        _trainer.WhileTraining = (_, _) => _workplace.LabelAsync("ben", 2).GetAwaiter().GetResult();

        var round = await RunAsync();

        Assert.Equal((RoundState.Completed, 4), (round.State, _trainer.Task!.Labelled.Count));
        await using var db = _workplace.Open();
        Assert.Equal(6, await db.Answers.CountAsync(Cancellation));
    }

    [Fact]
    public async Task A_failed_round_shows_its_error_and_leaves_the_queue_as_it_was()
    {
        var before = await _workplace.NextAsync("ben");
        _trainer.WhileTraining = (_, _) => throw new InvalidOperationException("The disk is full.");

        var round = await RunAsync();

        Assert.Equal(RoundState.Failed, round.State);
        Assert.Contains("The disk is full.", round.Error, StringComparison.Ordinal);
        Assert.Equal(before, await _workplace.NextAsync("ben"));
    }

    [Fact]
    public async Task A_running_round_is_cancelled_when_a_person_asks()
    {
        _trainer.WhileTraining = (_, cancelled) =>
        {
            _workplace.Rounds.CancelAsync(1, Cancellation).GetAwaiter().GetResult();
            // The journal looks once a second of the test's clock.
            while (!cancelled.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(5)))
            {
                Cancellation.ThrowIfCancellationRequested();
                _workplace.Time.Advance(TimeSpan.FromSeconds(1));
            }
        };

        Assert.Equal(RoundState.Cancelled, (await RunAsync()).State);
    }

    [Fact]
    public async Task A_round_whose_worker_stopped_goes_on_with_the_next_worker()
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        _trainer.WhileTraining = (_, _) => stopping.Cancel();
        var id = await StartAsync();
        await _workplace.Get<RoundRunner>().RunAsync(id, stopping.Token);
        var left = (await _workplace.Rounds.GetAsync(id, Cancellation))!.Round;
        Assert.Equal(RoundState.Training, left.State);
        Assert.True(File.Exists(_trainer.Task!.CheckpointPath));

        _trainer.WhileTraining = (_, _) => { };
        await _workplace.Get<RoundRunner>().RunAsync(id, Cancellation);

        var round = (await _workplace.Rounds.GetAsync(id, Cancellation))!;
        Assert.Equal((RoundState.Completed, 2), (round.Round.State, round.Round.Attempts));
        Assert.Single(round.Epochs);
        Assert.False(File.Exists(_trainer.Task!.CheckpointPath));
    }

    [Fact]
    public async Task A_round_of_someone_who_may_no_longer_start_rounds_is_refused()
    {
        var id = await StartAsync();
        await _workplace.WithAsync<AccountService, Result>(a => a.ChangeRoleAsync(_lead, Roles.Pathologist));

        await _workplace.Get<RoundRunner>().RunAsync(id, Cancellation);

        var round = (await _workplace.Rounds.GetAsync(id, Cancellation))!.Round;
        Assert.Equal(RoundState.Failed, round.State);
        Assert.Contains("may no longer", round.Error, StringComparison.Ordinal);
        Assert.Null(_trainer.Task);
    }

    [Fact]
    public async Task An_ended_round_is_not_run_again()
    {
        var round = await RunAsync();

        await _workplace.Get<RoundRunner>().RunAsync(round.Id, Cancellation);

        Assert.Equal(1, (await _workplace.Rounds.GetAsync(round.Id, Cancellation))!.Round.Attempts);
    }

    private Task<Round> RunAsync() => ScriptedRounds.RunAsync(_workplace, _lead);

    private Task<int> StartAsync() => ScriptedRounds.StartAsync(_workplace, _lead);
}
