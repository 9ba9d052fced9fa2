using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Labelling;

/// <summary>Images of known class among those to read, and what follows from what readers say of them.</summary>
public sealed class GoldTests : IAsyncLifetime
{
    private Workplace _workplace = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _workplace = await Workplace.CreateAsync();

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task As_many_training_images_of_each_class_as_the_project_wants_become_gold_and_none_that_was_read_is_held_or_is_locked()
    {
        await _workplace.AddImagesAsync(20);
        var locked = await _workplace.AddImagesAsync(10, DataSplit.Test);
        var read = await _workplace.AnswerNextAsync("ada");
        var held = await _workplace.NextAsync("ben");

        await SetAsync(images: 6);
        Assert.Equal([3, 3], (await GoldAsync()).GroupBy(i => i.ReferenceClass).Select(c => c.Count()));
        await SetAsync(images: 18);

        Assert.Empty((await GoldAsync()).Select(i => i.Id).Intersect([.. locked, read, held]));
        Assert.StartsWith("Only 0 more", (await TrySetAsync(images: 19)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_than_there_are_is_refused_and_changes_nothing()
    {
        await _workplace.AddImagesAsync(4);

        var refused = await TrySetAsync(images: 6);

        Assert.Equal("Only 4 more training images have a known class and were not read yet; 6 would be needed.", refused.Error);
        Assert.Empty(await GoldAsync());
    }

    [Fact]
    public async Task A_project_that_an_import_gave_less_gold_than_it_wants_can_still_change_its_other_settings()
    {
        await _workplace.AddImagesAsync(4);
        await _workplace.ChangeAsync(p => p.GoldImages = 6);

        Assert.Null((await TrySetAsync(images: 6, fraction: 0.2)).Error);
    }

    [Fact]
    public async Task Fewer_gives_those_back_to_the_queue_that_nobody_has_read()
    {
        await _workplace.AddImagesAsync(8);
        await SetAsync(images: 4);
        var read = await ReadGoldAsync("ada");

        await SetAsync(images: 0);

        Assert.Equal([read], (await GoldAsync()).Select(i => i.Id));
        await using var db = _workplace.Open();
        Assert.All(await db.Images.Where(i => i.Split == DataSplit.Training).ToListAsync(Cancellation), i => Assert.Equal(1, i.ReadingsWanted));
        Assert.Equal(7, await db.Images.CountAsync(i => i.Split == DataSplit.Training, Cancellation));
    }

    [Fact]
    public async Task Every_reader_gets_each_gold_image_once_and_several_may_hold_one_at_once()
    {
        await _workplace.AddImagesAsync(40);
        await SetAsync(images: 3);
        await _workplace.ChangeAsync(p => p.GoldFraction = 1);

        var queues = new List<IEnumerable<Guid>>();
        foreach (var reader in new[] { "ada", "ben", "cyd" })
        {
            queues.Add((await _workplace.Labelling.OpenAsync(_workplace.ProjectId, reader, 5, Cancellation)).Images.Select(i => i.Id));
        }

        var gold = (await GoldAsync()).Select(i => i.Id).ToHashSet();
        Assert.All(queues, queue => Assert.Equal(3, queue.Count(gold.Contains)));
        Assert.Equal(6, queues.SelectMany(q => q).Count(id => !gold.Contains(id)));
        foreach (var image in queues[0])
        {
            Assert.Null((await _workplace.AnswerAsync("ada", image)).Error);
        }

        Assert.DoesNotContain(await _workplace.NextAsync("ada"), gold);
    }

    [Fact]
    public async Task A_part_of_the_queue_is_gold_and_nothing_that_a_reader_gets_tells_which()
    {
        await _workplace.AddImagesAsync(250);
        await SetAsync(images: 120, fraction: 0.2);
        for (var i = 0; i < 100; i++)
        {
            await _workplace.AnswerNextAsync("ada");
        }

        await using var db = _workplace.Open();
        var given = await db.LabelEvents.CountAsync(e => e.Reason == QueueReason.Gold, Cancellation);
        // 100 draws of one in five: outside of it less than once in ten thousand times.
        Assert.InRange(given, 6, 37);
        Assert.Equal([nameof(QueueImage.Height), nameof(QueueImage.Id), nameof(QueueImage.WasSkipped), nameof(QueueImage.Width)], typeof(QueueImage).GetProperties().Select(p => p.Name).Order());
    }

    [Fact]
    public async Task Gold_alone_is_nothing_to_read()
    {
        await _workplace.AddImagesAsync(6);
        await SetAsync(images: 4);
        await _workplace.ChangeAsync(p => p.GoldFraction = 0);
        await _workplace.LabelAsync("ada", 2);
        await _workplace.ChangeAsync(p => p.GoldFraction = 1);

        Assert.Equal(QueueState.Finished, (await _workplace.Labelling.OpenAsync(_workplace.ProjectId, "ada", 1, Cancellation)).State);
    }

    [Fact]
    public async Task Gold_trains_nothing_counts_as_no_label_and_starts_no_round()
    {
        await _workplace.AddImagesAsync(12);
        await _workplace.LabelAsync("ada", 4);
        await SetAsync(images: 4);
        await ReadGoldAsync("ada");
        await ReadGoldAsync("ada");

        await using var db = _workplace.Open();
        var snapshot = await LabelSnapshot.ReadAsync(db, _workplace.ProjectId, long.MaxValue, ConsensusRule.Majority, Cancellation);
        var progress = await _workplace.Labelling.ProgressAsync(_workplace.ProjectId, Cancellation);
        var summary = (await _workplace.Get<ProjectService>().ListAsync("ada", Cancellation)).Single();
        var labels = await db.LabelEvents.CountAsync(e => e.Kind == AnswerKind.Label, Cancellation);
        Assert.Equal((labels - 2, 8), (progress.Labelled, progress.PoolSize));
        Assert.Equal((labels - 2, labels - 2), (snapshot.Labels.Count, summary.Labelled));
        Assert.Empty(snapshot.Labels.Keys.Intersect((await GoldAsync()).Select(i => i.Id)));
        Assert.Contains("Not enough", (await _workplace.Rounds.StartAfterLabelsAsync(_workplace.ProjectId, labels - 1, Cancellation)).Error, StringComparison.Ordinal);
        Assert.Null((await _workplace.Rounds.StartAfterLabelsAsync(_workplace.ProjectId, labels - 2, Cancellation)).Error);
        var round = await db.Rounds.SingleAsync(Cancellation);
        Assert.Equal((labels - 2, 8 - (labels - 2)), (round.LabelCount, round.PoolCount));
    }

    [Fact]
    public async Task Readers_are_told_that_an_image_was_gold_only_once_they_have_answered_and_their_answer_stands_then()
    {
        await _workplace.AddImagesAsync(8);
        await SetAsync(images: 4);
        await _workplace.ChangeAsync(p => p.GoldFraction = 1);
        var image = await _workplace.NextAsync("ada");

        Assert.Null(await _workplace.Labelling.WhyAsync(_workplace.ProjectId, image, "ada", Cancellation));
        await _workplace.AnswerAsync("ada", image);
        // Before they know they may change their mind.
        Assert.Equal(image, (await _workplace.Labelling.UndoAsync(_workplace.ProjectId, "ada", Cancellation)).Value!.ImageId);
        await _workplace.AnswerAsync("ada", image, classIndex: 1);

        Assert.Equal(new WhyShown(QueueReason.Gold, null, 0, null, null, null), await _workplace.Labelling.WhyAsync(_workplace.ProjectId, image, "ada", Cancellation));
        Assert.Equal("You were told that the class of this image is known: its answer stands.", (await _workplace.Labelling.UndoAsync(_workplace.ProjectId, "ada", Cancellation)).Error);
    }

    [Fact]
    public async Task The_lead_sees_how_each_reader_did_on_gold_and_which_gold_was_missed()
    {
        var (ada, ben) = (await _workplace.AddUserAsync("Ada", Roles.Pathologist), await _workplace.AddUserAsync("Ben", Roles.Pathologist));
        await ReadAllGoldAsync(4, (ada, Right: 4), (ben, Right: 2));

        var report = await _workplace.Get<ReaderReportService>().ReadAsync(_workplace.ProjectId, Cancellation);

        Assert.Equal([("Ada", new GoldScore(4, 0, 0)), ("Ben", new GoldScore(2, 2, 0))], report.Readers.Select(r => (r.Name, r.Gold)).Order());
        Assert.Equal(0.3976, report.Readers.Single(r => r.Name == "Ada").GoldInterval!.Value.Low, 4);
        Assert.All(report.Missed, missed => Assert.Equal((2, 1), (missed.Labels, missed.Wrong)));
        Assert.Equal(2, report.Missed.Count);
    }

    [Theory]
    [InlineData(0, 0, 0.8)]
    [InlineData(20, 0, 0.96)]
    [InlineData(0, 20, 0.16)]
    public void A_reader_is_thought_to_be_as_reliable_as_gold_and_five_images_before_it_say(int right, int wrong, double reliability) =>
        Assert.Equal(reliability, new GoldScore(right, wrong, 7).Reliability, 12);

    [Fact]
    public void Weighted_readers_who_agree_need_no_gold_and_those_who_differ_need_enough_of_it()
    {
        var scores = new Dictionary<string, GoldScore> { ["ada"] = new(50, 0, 0), ["ben"] = new(30, 20, 0), ["bea"] = new(30, 20, 0) };
        var consensus = new Consensus(ConsensusRule.Weighted, 2, scores);

        Assert.Equal(1, consensus.Of([new Vote("new", 1)]));
        Assert.Equal(0, consensus.Of([new Vote("new", 0), new Vote("newer", 0)]));
        Assert.Equal(0, consensus.Of([new Vote("ada", 0), new Vote("ben", 1)]));
        // Two of 80 % against one: 80 %.
        Assert.Null(consensus.Of([new Vote("new", 0), new Vote("newer", 1), new Vote("newest", 1)]));
        // Ada alone outweighs two who are hardly better than chance.
        Assert.Equal(0, consensus.Of([new Vote("ada", 0), new Vote("ben", 1), new Vote("bea", 1)]));
        Assert.Null(consensus.Of([]));
    }

    [Fact]
    public async Task Where_readers_differ_gold_decides_as_of_the_snapshots_instant()
    {
        await ReadAllGoldAsync(20, ("ada", Right: 20), ("ben", Right: 12));
        await _workplace.ChangeAsync(p => (p.GoldFraction, p.ReadingsPerImage, p.Consensus) = (0, 2, ConsensusRule.Weighted));
        await using var db = _workplace.Open();
        await db.Images.Where(i => i.Split == DataSplit.Training).ExecuteUpdateAsync(set => set.SetProperty(i => i.ReadingsWanted, 2), Cancellation);
        var open = await db.Images.Where(i => i.Split == DataSplit.Training && i.ReadingsTaken == 0).OrderBy(i => i.QueueRank).FirstAsync(Cancellation);
        Assert.Equal(open.Id, await _workplace.AnswerNextAsync("ada", classIndex: 0));
        await AnswerUntilAsync("ben", open.Id, classIndex: 1);
        var instant = await db.LabelEvents.MaxAsync(e => e.Id, Cancellation);

        var weighted = await LabelSnapshot.ReadAsync(db, _workplace.ProjectId, instant, ConsensusRule.Weighted, Cancellation);
        var majority = await LabelSnapshot.ReadAsync(db, _workplace.ProjectId, instant, ConsensusRule.Majority, Cancellation);
        var beforeGold = await LabelSnapshot.ReadAsync(db, _workplace.ProjectId, 0, ConsensusRule.Weighted, Cancellation);

        Assert.Equal(0, weighted.Labels[open.Id]);
        Assert.Contains(open.Id, majority.Disputed);
        Assert.Empty(beforeGold.Labels);
        Assert.DoesNotContain(open.Id, (await _workplace.Get<AdjudicationService>().DisputedAsync(_workplace.ProjectId, Cancellation)).Select(d => d.ImageId));
    }

    /// <summary>So many gold images, of which each reader gets the given number right, and as many others.</summary>
    private async Task ReadAllGoldAsync(int images, params (string Reader, int Right)[] readers)
    {
        await _workplace.AddImagesAsync(images * 2 * (readers.Length + 1));
        await SetAsync(images);
        await _workplace.ChangeAsync(p => p.GoldFraction = 1);
        foreach (var (reader, right) in readers)
        {
            for (var i = 0; i < images; i++)
            {
                var image = await _workplace.NextAsync(reader);
                var known = (await GoldAsync()).Single(g => g.Id == image).ReferenceClass!.Value;
                await _workplace.AnswerAsync(reader, image, classIndex: i < right ? known : 1 - known);
            }
        }
    }

    private async Task<Guid> ReadGoldAsync(string reader)
    {
        await _workplace.ChangeAsync(p => p.GoldFraction = 1);
        var image = await _workplace.AnswerNextAsync(reader);
        Assert.Contains(image, (await GoldAsync()).Select(g => g.Id));
        return image;
    }

    private async Task AnswerUntilAsync(string reader, Guid image, int classIndex)
    {
        while (await _workplace.AnswerNextAsync(reader, classIndex: classIndex) != image)
        {
            // On to the next.
        }
    }

    private async Task<List<ProjectImage>> GoldAsync()
    {
        await using var db = _workplace.Open();
        return await db.Images.AsNoTracking().Where(i => i.Split == DataSplit.Gold).ToListAsync(Cancellation);
    }

    private async Task SetAsync(int images, double fraction = 0.05) => Assert.Null((await TrySetAsync(images, fraction)).Error);

    private async Task<Result> TrySetAsync(int images, double fraction = 0.05)
    {
        var projects = _workplace.Get<ProjectService>();
        var project = (await projects.GetAsync(_workplace.ProjectId, Cancellation))!;
        return await projects.UpdateAsync(
            project.Id,
            ProjectSettings.Of(project) with { GoldImages = images, GoldFraction = fraction },
            project.Version,
            Cancellation);
    }
}
