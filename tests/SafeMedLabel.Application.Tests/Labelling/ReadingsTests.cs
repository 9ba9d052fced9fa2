using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Core.Statistics;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Labelling;

/// <summary>Several readers an image, the audit stream, and what their answers come to.</summary>
public sealed class ReadingsTests : IAsyncLifetime
{
    private static readonly string[] Readers = ["ada", "ben", "cyd"];

    private Workplace _workplace = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private LabellingService Labelling => _workplace.Labelling;

    public async ValueTask InitializeAsync() => _workplace = await Workplace.CreateAsync();

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task An_image_goes_to_as_many_readers_as_the_project_asks_for_and_to_nobody_twice()
    {
        await SetAsync(readings: 2);
        var images = await _workplace.AddImagesAsync(2);

        foreach (var reader in new[] { "ada", "ben" })
        {
            Assert.Equal(images[0], await _workplace.AnswerNextAsync(reader));
            Assert.Equal(images[1], await _workplace.AnswerNextAsync(reader));
        }

        Assert.Equal(QueueState.Finished, (await OpenAsync("cyd")).State);
        Assert.Equal([QueueReason.Ranked, QueueReason.Ranked, QueueReason.SecondReading, QueueReason.SecondReading], await ReasonsAsync());
    }

    [Fact]
    public async Task Readers_who_ask_at_the_same_instant_never_hold_an_image_more_often_than_it_wants_readings()
    {
        await SetAsync(readings: 2);
        await _workplace.AddImagesAsync(12);

        var queues = await Task.WhenAll(Enumerable.Range(0, 6).Select(reader => Task.Run(() => Labelling.OpenAsync(_workplace.ProjectId, $"{reader}", 4, Cancellation), Cancellation)));

        var held = queues.SelectMany(q => q.Images.Select(i => i.Id)).ToList();
        Assert.Equal(24, held.Count);
        Assert.All(held.GroupBy(id => id), image => Assert.Equal(2, image.Count()));
    }

    [Fact]
    public async Task A_reader_who_has_read_all_they_can_is_told_that_others_are_wanted_and_not_that_all_is_done()
    {
        await SetAsync(readings: 2);
        await _workplace.AddImagesAsync(1);
        await _workplace.AnswerNextAsync("ada");

        Assert.Equal(QueueState.OthersToRead, (await OpenAsync("ada")).State);
        Assert.Equal(QueueState.Ready, (await OpenAsync("ben")).State);
    }

    [Fact]
    public async Task A_late_answer_is_stored_while_a_place_is_free_and_refused_when_others_took_them_all()
    {
        await SetAsync(readings: 2);
        var image = (await _workplace.AddImagesAsync(1))[0];
        await _workplace.NextAsync("ada");
        _workplace.Time.Advance(TimeSpan.FromMinutes(11));
        await _workplace.NextAsync("ben");
        Assert.Null((await _workplace.AnswerAsync("ada", image)).Error);

        Assert.Null((await _workplace.AnswerAsync("ben", image)).Error);
        Assert.Equal(QueueState.Finished, (await OpenAsync("cyd")).State);
    }

    [Fact]
    public async Task A_third_reader_takes_the_place_of_one_whose_time_is_over()
    {
        await SetAsync(readings: 2);
        var image = (await _workplace.AddImagesAsync(1))[0];
        await _workplace.NextAsync("ada");
        _workplace.Time.Advance(TimeSpan.FromMinutes(11));
        await _workplace.NextAsync("ben");
        await _workplace.NextAsync("cyd");

        Assert.Contains("colleague", (await _workplace.AnswerAsync("ada", image)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_label_is_what_more_than_half_of_the_readers_say_and_a_disputed_image_trains_nothing()
    {
        await SetAsync(readings: 3);
        var images = await _workplace.AddImagesAsync(3);
        int?[][] answers = [[1, 0, 1], [0, 1, null], [null, null, null]];
        foreach (var (reader, column) in Readers.Index().Select(r => (r.Item, r.Index)))
        {
            foreach (var row in answers)
            {
                await _workplace.AnswerNextAsync(reader, row[column] is null ? AnswerKind.Unreadable : AnswerKind.Label, row[column]);
            }
        }

        await using var db = _workplace.Open();
        var snapshot = await LabelSnapshot.ReadAsync(db, _workplace.ProjectId, long.MaxValue, ConsensusRule.Majority, Cancellation);

        Assert.Equal(new Dictionary<Guid, int> { [images[0]] = 1 }, snapshot.Labels);
        Assert.Equal([images[1]], snapshot.Disputed);
        Assert.Equal([images[2]], snapshot.Unreadable);
    }

    [Theory]
    [InlineData(new int[0], null)]
    [InlineData(new[] { 1 }, 1)]
    [InlineData(new[] { 0, 1 }, null)]
    [InlineData(new[] { 0, 1, 1 }, 1)]
    [InlineData(new[] { 0, 1, 2 }, null)]
    [InlineData(new[] { 2, 2, 0, 1, 1 }, null)]
    public void A_consensus_is_a_majority(int[] classes, int? agreed) => Assert.Equal(
        agreed, new Consensus(ConsensusRule.Majority, 3, new Dictionary<string, GoldScore>()).Of([.. classes.Index().Select(c => new Vote($"{c.Index}", c.Item))]));

    [Fact]
    public async Task The_most_uncertain_get_a_second_reader_and_the_others_none()
    {
        var images = await _workplace.AddImagesAsync(20);
        var projects = _workplace.Get<ProjectService>();
        var project = (await projects.GetAsync(_workplace.ProjectId, Cancellation))!;

        var saved = await projects.UpdateAsync(
            project.Id,
            ProjectSettings.Of(project) with { SecondReadingFraction = 0.15 },
            project.Version,
            Cancellation);

        Assert.Null(saved.Error);
        await using var db = _workplace.Open();
        var twice = await db.Images.Where(i => i.ReadingsWanted == 2).OrderBy(i => i.QueueRank).Select(i => i.Id).ToListAsync(Cancellation);
        Assert.Equal(images.Take(3), twice);
        Assert.Equal(17, await db.Images.CountAsync(i => i.ReadingsWanted == 1, Cancellation));
    }

    [Fact]
    public async Task The_audit_stream_is_drawn_from_the_whole_pool_by_an_order_that_the_model_has_no_part_in()
    {
        await _workplace.AddImagesAsync(40);
        await SetAsync(audit: 1);

        var read = new List<Guid>();
        for (var i = 0; i < 10; i++)
        {
            read.Add(await _workplace.AnswerNextAsync("ada"));
        }

        await using var db = _workplace.Open();
        var byHash = await db.Images.OrderBy(i => i.ContentHash).Select(i => i.Id).Take(10).ToListAsync(Cancellation);
        Assert.Equal(byHash, read);
        Assert.All(await ReasonsAsync(), reason => Assert.Equal(QueueReason.Audit, reason));
    }

    [Fact]
    public async Task The_audit_stream_has_its_part_of_the_queue_and_the_rest_goes_by_rank()
    {
        await _workplace.AddImagesAsync(240);
        await SetAsync(audit: 0.5);

        for (var i = 0; i < 100; i++)
        {
            await _workplace.AnswerNextAsync("ada");
        }

        // Six deviations of a binomial of 100 and a half.
        Assert.InRange((await ReasonsAsync()).Count(reason => reason == QueueReason.Audit), 20, 80);
    }

    [Fact]
    public async Task Before_the_first_round_nothing_counts_as_drawn_at_random()
    {
        await _workplace.AddImagesAsync(20);
        await SetAsync(audit: 1, round: null);

        await _workplace.LabelAsync("ada", 5);

        Assert.All(await ReasonsAsync(), reason => Assert.Equal(QueueReason.Ranked, reason));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whatever_readers_do_an_image_never_has_or_promises_more_readings_than_it_wants(int readings)
    {
        await SetAsync(readings, audit: 0.3);
        await _workplace.AddImagesAsync(8);
        var random = new SeededRandom((ulong)readings, "readers");
        for (var step = 0; step < 250; step++)
        {
            var reader = Readers[random.NextInt(Readers.Length)];
            switch (random.NextInt(6))
            {
                case 0:
                    await Labelling.UndoAsync(_workplace.ProjectId, reader, Cancellation);
                    break;
                case 1:
                    _workplace.Time.Advance(TimeSpan.FromMinutes(random.NextInt(12)));
                    break;
                default:
                    var queue = await Labelling.OpenAsync(_workplace.ProjectId, reader, 1 + random.NextInt(3), Cancellation);
                    if (queue.Images.Count > 0)
                    {
                        var kind = (AnswerKind)random.NextInt(3);
                        Assert.Null((await _workplace.AnswerAsync(reader, queue.Images[random.NextInt(queue.Images.Count)].Id, kind)).Error);
                    }

                    break;
            }

            await AssertBookkeepingAsync();
        }
    }

    private async Task AssertBookkeepingAsync()
    {
        await using var db = _workplace.Open();
        var now = _workplace.Time.GetUtcNow().UtcDateTime;
        var images = await db.Images.Select(i => new
        {
            i.ReadingsGiven,
            i.ReadingsTaken,
            i.ReadingsWanted,
            Standing = db.Answers.Count(a => a.ImageId == i.Id && a.Kind != AnswerKind.Skip),
            Held = db.Leases.Count(l => l.ImageId == i.Id && !l.HasLapsed),
            InTime = db.Leases.Count(l => l.ImageId == i.Id && l.ExpiresUtc > now),
        }).ToListAsync(Cancellation);
        Assert.All(images, image =>
        {
            Assert.Equal((image.Standing, image.Standing + image.Held), (image.ReadingsGiven, image.ReadingsTaken));
            Assert.InRange(image.ReadingsTaken, 0, image.ReadingsWanted);
            Assert.InRange(image.InTime, 0, image.Held);
        });
    }

    private async Task SetAsync(int readings = 1, double audit = 0, int? round = 1)
    {
        await using var db = _workplace.Open();
        await db.Projects.ExecuteUpdateAsync(
            set => set.SetProperty(p => p.ReadingsPerImage, readings).SetProperty(p => p.AuditFraction, audit).SetProperty(p => p.QueueRoundId, round), Cancellation);
    }

    private Task<QueueView> OpenAsync(string reader) => Labelling.OpenAsync(_workplace.ProjectId, reader, 4, Cancellation);

    private async Task<List<QueueReason>> ReasonsAsync()
    {
        await using var db = _workplace.Open();
        return await db.LabelEvents.OrderBy(e => e.Id).Select(e => e.Reason!.Value).ToListAsync(Cancellation);
    }
}
