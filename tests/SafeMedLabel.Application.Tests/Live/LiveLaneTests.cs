using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Live;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Application.Tests.Rounds;
using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Live;

public sealed class LiveLaneTests : IAsyncLifetime
{
    private const int Images = 40;

    private readonly ScriptedLearner _learner = new();
    private readonly ScriptedTrainer _trainer = new();
    private Workplace _workplace = null!;
    private LiveLane _lane = null!;
    private string _reader = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _workplace = await ScriptedRounds.CreateAsync(
            _trainer,
            services => services.AddSingleton<ILiveLearner>(_learner).AddSingleton<LiveFeatureReader>().AddSingleton<LiveRanker>().AddTransient<LiveLane>());
        _lane = _workplace.Get<LiveLane>();
        _reader = await _workplace.AddUserAsync("Ada", Roles.Pathologist);
        await _workplace.AddImagesAsync(Images);
        await _workplace.AddImagesAsync(6, DataSplit.Validation);
        await _workplace.AddImagesAsync(6, DataSplit.Calibration);
        await _workplace.AddImagesAsync(6, DataSplit.Test);
        await _workplace.ChangeAsync(p => (p.ImageSize, p.RerankAfterLabels) = (32, 4));
    }

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task After_an_import_each_image_is_read_once_but_none_of_the_test_and_calibration_patients()
    {
        await LookAsync();
        Assert.Equal([(null, Images + 6)], _learner.Reads);
        var view = await ViewAsync();
        Assert.Equal((Images + 6, Images + 6, null), (view.State.ImagesWanted, view.State.ImagesRead, view.State.Problem));

        await _workplace.AddImagesAsync(3);
        await LookAsync();
        Assert.Equal([(null, Images + 6), (null, 3)], _learner.Reads);
    }

    [Fact]
    public async Task Once_there_are_enough_new_labels_readers_get_the_images_on_which_the_head_agrees_least_with_itself()
    {
        await _workplace.ChangeAsync(p => p.Acquisition = AcquisitionFunction.Bald);
        await LookAsync();
        await _workplace.LabelAsync(_reader, 3);
        await LookAsync();
        Assert.Null((await ViewAsync()).Current);

        await _workplace.AnswerNextAsync(_reader, classIndex: 1);
        await LookAsync();

        var ranking = (await ViewAsync()).Current!;
        Assert.Equal((4, Images - 4, 6), (ranking.Labels, ranking.Images, ranking.ValidationCount));
        // It takes all for class 0, as half of the validation images are.
        Assert.Equal(0.5, ranking.Accuracy);
        // Rows are in the order of content hashes, and its passes differ most on the last.
        await using var db = _workplace.Open();
        var expected = await db.Images.Where(i => i.Split == DataSplit.Training && i.ReadingsGiven == 0).OrderByDescending(i => i.ContentHash).Select(i => i.Id).Take(5).ToListAsync(Cancellation);
        Assert.Equal(expected, (await _workplace.Labelling.OpenAsync(_workplace.ProjectId, _reader, 5, Cancellation)).Images.Select(i => i.Id));
    }

    [Fact]
    public async Task What_readers_hold_stays_with_them()
    {
        await LookAsync();
        await _workplace.LabelAsync(_reader, 4);
        var held = (await _workplace.Labelling.OpenAsync(_workplace.ProjectId, _reader, 5, Cancellation)).Images;
        await LookAsync();

        Assert.NotNull((await ViewAsync()).Current);
        Assert.Equal(held, (await _workplace.Labelling.OpenAsync(_workplace.ProjectId, _reader, 5, Cancellation)).Images);
        Assert.Equal(Images - 4 - 5, _learner.Task!.Pool.Count);
    }

    [Fact]
    public async Task An_answer_says_that_a_live_ranking_showed_the_image_and_no_place_in_a_rounds()
    {
        await _workplace.RankAsync([]);
        await LookAsync();
        await _workplace.LabelAsync(_reader, 4);
        await LookAsync();
        var image = await _workplace.AnswerNextAsync(_reader);

        var why = (await _workplace.Labelling.WhyAsync(_workplace.ProjectId, image, _reader, Cancellation))!;
        Assert.Equal((QueueReason.LiveRanked, null, null), (why.Reason, why.Rank, why.Score));
    }

    [Fact]
    public async Task Labels_of_one_class_rank_nothing()
    {
        await LookAsync();
        for (var i = 0; i < 4; i++)
        {
            await _workplace.AnswerNextAsync(_reader, classIndex: 0);
        }

        await LookAsync();
        Assert.Equal(0, _learner.Rankings);
        Assert.Null((await ViewAsync()).Current);
    }

    [Theory]
    [InlineData(null, AcquisitionFunction.Bald)]
    [InlineData(4, AcquisitionFunction.Random)]
    public async Task Where_it_is_switched_off_or_the_queue_is_random_nothing_is_read_or_ranked(int? after, AcquisitionFunction function)
    {
        await _workplace.ChangeAsync(p => (p.RerankAfterLabels, p.Acquisition) = (after, function));
        await _workplace.LabelAsync(_reader, 4);
        await LookAsync();

        Assert.Empty(_learner.Reads);
        Assert.Equal(0, _learner.Rankings);
    }

    [Fact]
    public async Task A_queue_is_ranked_while_a_round_is_running()
    {
        var lead = await _workplace.AddUserAsync("Lea", Roles.Lead);
        await LookAsync();
        await _workplace.LabelAsync(_reader, 4);
        using var training = new SemaphoreSlim(0);
        using var ranked = new SemaphoreSlim(0);
        _trainer.WhileTraining = (_, _) =>
        {
            training.Release();
            ranked.Wait(Cancellation);
        };
        var round = ScriptedRounds.RunAsync(_workplace, lead);
        await training.WaitAsync(Cancellation);

        await LookAsync();
        var current = (await ViewAsync()).Current;
        ranked.Release();
        Assert.Equal(4, current?.Labels);
        Assert.Equal(RoundState.Completed, (await round).State);
    }

    [Fact]
    public async Task A_rounds_order_replaces_a_live_one_until_new_labels_come()
    {
        var lead = await _workplace.AddUserAsync("Lea", Roles.Lead);
        await LookAsync();
        await _workplace.LabelAsync(_reader, 4);
        await LookAsync();
        await ScriptedRounds.RunAsync(_workplace, lead);
        Assert.Null((await ViewAsync()).Current);
        await LookAsync();
        Assert.Null((await ViewAsync()).Current);

        _workplace.Time.Advance(TimeSpan.FromSeconds(1));
        await _workplace.LabelAsync(_reader, 4);
        await LookAsync();
        Assert.Equal(8, (await ViewAsync()).Current!.Labels);
    }

    [Fact]
    public async Task A_new_active_model_reads_all_images_anew_and_what_the_one_before_saw_goes()
    {
        var lead = await _workplace.AddUserAsync("Lea", Roles.Lead);
        await LookAsync();
        await _workplace.LabelAsync(_reader, 4);
        var round = await ScriptedRounds.RunAsync(_workplace, lead);
        await _workplace.ChangeAsync(p => p.ActiveRoundId = round.Id);
        await LookAsync();

        Assert.Equal([(null, Images + 6), (round.ModelFile, Images + 6)], _learner.Reads);
        Assert.Equal(2, FeatureFiles().Length);
        _workplace.Time.Advance(TimeSpan.FromSeconds(1));
        await _workplace.LabelAsync(_reader, 4);
        await LookAsync();
        Assert.Equal(round.Number, (await ViewAsync()).Current!.BackboneRound);
    }

    [Fact]
    public async Task An_active_model_whose_file_was_changed_is_not_used_and_the_lead_is_told()
    {
        var lead = await _workplace.AddUserAsync("Lea", Roles.Lead);
        await _workplace.LabelAsync(_reader, 4);
        var round = await ScriptedRounds.RunAsync(_workplace, lead);
        await _workplace.ChangeAsync(p => p.ActiveRoundId = round.Id);
        await File.AppendAllTextAsync(Path.Combine(_workplace.Storage.ProjectFolder(_workplace.ProjectId), round.ModelFile!), "!", Cancellation);
        await LookAsync();

        Assert.Empty(_learner.Reads);
        Assert.Contains("its file was changed", (await ViewAsync()).State.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_goes_on_where_a_killed_one_was_and_reads_no_image_twice()
    {
        await LookAsync();
        var files = FeatureFiles();
        var whole = files.ToDictionary(f => f, File.ReadAllBytes);
        // As a kill leaves them: features of some rows more than there are hashes, and a part of a row.
        await File.WriteAllBytesAsync(files.Single(f => f.EndsWith(".hashes", StringComparison.Ordinal)), whole.Single(f => f.Key.EndsWith(".hashes", StringComparison.Ordinal)).Value[..((30 * 32) + 7)], Cancellation);
        await File.WriteAllBytesAsync(
            files.Single(f => f.EndsWith(".features", StringComparison.Ordinal)), whole.Single(f => f.Key.EndsWith(".features", StringComparison.Ordinal)).Value[..((33 * ImageFeatures.Bytes) + 100)], Cancellation);

        await LookAsync(AnotherWorker());
        Assert.Equal([(null, Images + 6), (null, Images + 6 - 30)], _learner.Reads);
        Assert.All(files, file => Assert.Equal(whole[file], File.ReadAllBytes(file)));
    }

    [Fact]
    public async Task A_ranking_that_a_killed_worker_left_unfinished_changes_no_order_and_the_next_one_clears_it_away()
    {
        await LookAsync();
        await _workplace.LabelAsync(_reader, 4);
        await using (var db = _workplace.Open())
        {
            var left = new LiveRanking { ProjectId = _workplace.ProjectId, Labels = 4 };
            db.LiveRankings.Add(left);
            await db.SaveChangesAsync(Cancellation);
            db.LiveRanks.Add(new LiveRank { RankingId = left.Id, Rank = 0, ImageId = await db.Images.Select(i => i.Id).FirstAsync(Cancellation) });
            await db.SaveChangesAsync(Cancellation);
        }

        Assert.Empty((await ViewAsync()).Rankings);
        await LookAsync(AnotherWorker());
        await using var after = _workplace.Open();
        Assert.Equal((await ViewAsync()).Current!.Id, (await after.LiveRankings.SingleAsync(Cancellation)).Id);
        // The less sure half of the pool.
        Assert.Equal((Images - 4) / 2, await after.LiveRanks.CountAsync(Cancellation));
    }

    [Fact]
    public async Task Of_the_orders_before_it_a_ranking_keeps_the_figures_only()
    {
        await LookAsync();
        await _workplace.LabelAsync(_reader, 4);
        await LookAsync();
        await _workplace.LabelAsync(_reader, 4);
        await LookAsync();

        var view = await ViewAsync();
        Assert.Equal([4, 8], view.Rankings.Select(r => r.Labels));
        await using var db = _workplace.Open();
        Assert.Equal([view.Current!.Id], await db.LiveRanks.Select(r => r.RankingId).Distinct().ToListAsync(Cancellation));
    }

    [Fact]
    public async Task While_another_worker_is_at_it_nothing_is_done_twice()
    {
        var folder = _workplace.Storage.ProjectFolder(_workplace.ProjectId);
        Directory.CreateDirectory(folder);
        await using (new FileStream(Path.Combine(folder, "live.lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None))
        {
            await LookAsync();
            Assert.Empty(_learner.Reads);
        }

        await LookAsync();
        Assert.Single(_learner.Reads);
    }

    [Fact]
    public async Task What_fails_is_said_in_a_sentence_and_tried_again_after_a_minute()
    {
        _learner.WhileReading = () => throw new InvalidDataException("ImageNet's weights are missing.");
        await LookAsync();
        Assert.Equal("ImageNet's weights are missing.", (await ViewAsync()).State.Problem);

        _learner.WhileReading = () => { };
        await LookAsync();
        Assert.Empty(_learner.Reads);
        _workplace.Time.Advance(TimeSpan.FromMinutes(1));
        await LookAsync();
        Assert.Equal((Images + 6, null), ((await ViewAsync()).State.ImagesRead, (await ViewAsync()).State.Problem));
    }

    [Fact]
    public async Task A_ranking_that_failed_is_tried_again_after_a_minute_without_a_new_label()
    {
        await LookAsync();
        await _workplace.LabelAsync(_reader, 4);
        _learner.WhileRanking = () => throw new InvalidDataException("The file of features is damaged; it is made anew.");
        await LookAsync();
        Assert.Equal(("The file of features is damaged; it is made anew.", null), ((await ViewAsync()).State.Problem, (await ViewAsync()).Current));
        Assert.Empty(FeatureFiles());

        _learner.WhileRanking = () => { };
        for (var minute = 0; minute < 2; minute++)
        {
            // One to find that the features are gone, and one to read them.
            _workplace.Time.Advance(TimeSpan.FromMinutes(1));
            await LookAsync();
        }

        Assert.Equal((null, 4), ((await ViewAsync()).State.Problem, (await ViewAsync()).Current!.Labels));
    }

    [Fact]
    public async Task Where_it_is_switched_off_the_queue_has_the_order_that_it_had()
    {
        await LookAsync();
        await _workplace.LabelAsync(_reader, 4);
        await LookAsync();
        await _workplace.ChangeAsync(p => p.RerankAfterLabels = null);

        await using var db = _workplace.Open();
        var first = await db.Images.Where(i => i.Split == DataSplit.Training && i.ReadingsTaken == 0).OrderBy(i => i.QueueRank).Select(i => i.Id).FirstAsync(Cancellation);
        Assert.Equal(first, await _workplace.NextAsync(_reader));
    }

    [Fact]
    public async Task Labels_given_while_a_round_trains_do_not_replace_its_order()
    {
        var lead = await _workplace.AddUserAsync("Lea", Roles.Lead);
        await LookAsync();
        await _workplace.LabelAsync(_reader, 4);
        _trainer.WhileTraining = (_, _) => _workplace.LabelAsync(_reader, 4).GetAwaiter().GetResult();
        await ScriptedRounds.RunAsync(_workplace, lead);
        await LookAsync();
        Assert.Null((await ViewAsync()).Current);

        _workplace.Time.Advance(TimeSpan.FromSeconds(1));
        await _workplace.LabelAsync(_reader, 4);
        await LookAsync();
        Assert.Equal(12, (await ViewAsync()).Current!.Labels);
    }

    [Fact]
    public async Task A_ranking_that_a_round_overtakes_never_comes_into_force()
    {
        await LookAsync();
        await _workplace.LabelAsync(_reader, 4);
        _learner.WhileRanking = () => _workplace.RankAsync([]).GetAwaiter().GetResult();
        await LookAsync();

        Assert.Equal(1, _learner.Rankings);
        Assert.Null((await ViewAsync()).Current);
    }

    [Fact]
    public async Task Features_that_somebody_deleted_are_read_again_when_they_are_wanted()
    {
        await LookAsync();
        Array.ForEach(FeatureFiles(), File.Delete);
        await _workplace.LabelAsync(_reader, 4);
        await LookAsync();
        Assert.Contains("read again", (await ViewAsync()).State.Problem, StringComparison.Ordinal);
        _workplace.Time.Advance(TimeSpan.FromMinutes(1));
        await LookAsync();

        Assert.Equal([(null, Images + 6), (null, Images + 6)], _learner.Reads);
        Assert.Equal(4, (await ViewAsync()).Current!.Labels);
    }

    [Fact]
    public async Task Two_workers_in_turn_read_no_image_twice()
    {
        var (one, other) = (AnotherWorker(sliceSize: 8), AnotherWorker(sliceSize: 8));
        while (await one.LookAsync(Cancellation) | await other.LookAsync(Cancellation))
        {
            // Until nothing is left for either.
        }

        Assert.Equal(Images + 6, _learner.Reads.Sum(r => r.Count));
    }

    [Fact]
    public async Task A_lost_file_is_told_by_an_alarm_and_the_others_are_ranked_without_it()
    {
        await using (var db = _workplace.Open())
        {
            var lost = await db.Images.Where(i => i.Split == DataSplit.Training).Select(i => i.ContentHash).FirstAsync(Cancellation);
            File.Delete(Path.Combine(_workplace.Storage.ContentFolder, lost[..2], lost[2..4], lost));
        }

        await LookAsync();
        Assert.Equal(1, await _workplace.Get<AlarmService>().UnseenAsync(_workplace.ProjectId, Cancellation));
        await _workplace.LabelAsync(_reader, 6);
        await LookAsync();
        Assert.NotNull((await ViewAsync()).Current);
    }

    [Fact]
    public async Task With_a_live_order_a_part_of_the_queue_is_drawn_at_random_even_before_the_first_round()
    {
        await _workplace.ChangeAsync(p => p.AuditFraction = 1);
        await LookAsync();
        await _workplace.LabelAsync(_reader, 4);
        Assert.Equal([QueueReason.Ranked], await ReasonsAsync());
        await LookAsync();
        await _workplace.LabelAsync(_reader, 2);
        Assert.Equal([QueueReason.Ranked, QueueReason.Audit], await ReasonsAsync());
    }

    [Fact]
    public async Task What_waits_for_a_second_reading_comes_before_what_nobody_has_read()
    {
        await _workplace.ChangeAsync(p => p.ReadingsPerImage = 2);
        await using (var db = _workplace.Open())
        {
            await db.Images.ExecuteUpdateAsync(set => set.SetProperty(i => i.ReadingsWanted, 2), Cancellation);
        }

        var other = await _workplace.AddUserAsync("Bo", Roles.Pathologist);
        await LookAsync();
        List<Guid> read = [];
        for (var i = 0; i < 4; i++)
        {
            read.Add(await _workplace.AnswerNextAsync(_reader, classIndex: i % 2));
        }

        await LookAsync();
        Assert.NotNull((await ViewAsync()).Current);
        var next = (await _workplace.Labelling.OpenAsync(_workplace.ProjectId, other, 6, Cancellation)).Images.Select(i => i.Id).ToList();
        Assert.Equal(read.Order(), next.Take(4).Order());
        Assert.DoesNotContain(next[4], read);
    }

    private async Task<List<QueueReason?>> ReasonsAsync()
    {
        await using var db = _workplace.Open();
        return [.. (await db.LabelEvents.OrderBy(e => e.Id).Select(e => e.Reason).ToListAsync(Cancellation)).Distinct()];
    }

    private string[] FeatureFiles() => [.. Directory.GetFiles(_workplace.Storage.ProjectFolder(_workplace.ProjectId), "features-*").Order(StringComparer.Ordinal)];

    /// <summary>A lane that knows nothing of what the first one did.</summary>
    private LiveLane AnotherWorker(int sliceSize = 1024) => ActivatorUtilities.CreateInstance<LiveLane>(
        _workplace.Get<IServiceProvider>(),
        new LiveFeatureReader(
            _workplace.Get<IDbContextFactory<AppDbContext>>(), _workplace.Get<RoundDataReader>(), _learner, _workplace.Storage, _workplace.Get<StorageRoom>(), _workplace.Get<AlarmService>())
        {
            SliceSize = sliceSize,
        });

    private async Task<LiveView> ViewAsync() => (await _workplace.Get<LiveService>().ReadAsync(_workplace.ProjectId, Cancellation))!;

    private async Task LookAsync(LiveLane? lane = null)
    {
        while (await (lane ?? _lane).LookAsync(Cancellation))
        {
            // Until nothing is left.
        }
    }
}
