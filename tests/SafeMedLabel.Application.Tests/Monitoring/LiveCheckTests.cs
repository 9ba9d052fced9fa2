using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Core.Statistics;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Monitoring;

public sealed class LiveCheckTests : IAsyncLifetime
{
    private const double Threshold = 0.8;

    private Workplace _workplace = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _workplace = await Workplace.CreateAsync();

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task There_is_none_before_a_round() => Assert.Null(await ReadAsync());

    [Fact]
    public async Task It_counts_the_images_up_to_the_last_one_drawn_whatever_they_were_read_for()
    {
        var images = await RankedAsync(10);
        // In the order of hashes: 0 and 2 are drawn, 1 is read for its rank, 9 too, beyond the last one drawn.
        await AnswerAsync(images[1], QueueReason.Ranked, classIndex: 1);
        await AnswerAsync(images[9], QueueReason.Ranked, classIndex: 1);
        await AnswerAsync(images[0], QueueReason.Audit, classIndex: 0);
        await AnswerAsync(images[2], QueueReason.Audit, classIndex: 0);

        var check = await ReadAsync();

        // The model says class 0 of all, and is sure.
        Assert.Equal(new LiveCheck(3, Threshold, Drawn: 3, Labelled: 3, Wrong: 1, Silent: 1), check);
        Assert.Equal(1.0 / 3, check!.SilentFailureRate!.Value, 1e-12);
    }

    [Fact]
    public async Task A_mistake_without_confidence_is_not_silent_and_an_unreadable_image_not_labelled()
    {
        var images = await RankedAsync(4, confidence: 0.7);
        await AnswerAsync(images[0], QueueReason.Audit, classIndex: 1);
        await AnswerAsync(images[1], QueueReason.Audit, classIndex: null);

        Assert.Equal(new LiveCheck(3, Threshold, Drawn: 2, Labelled: 1, Wrong: 1, Silent: 0), await ReadAsync());
    }

    [Fact]
    public async Task The_images_behind_it_are_shown_with_what_each_reader_says_the_newest_first()
    {
        var images = await RankedAsync(10);
        await AnswerAsync(images[0], QueueReason.Audit, classIndex: 1);
        await AnswerAsync(images[1], QueueReason.Audit, classIndex: 0);
        await AnswerAsync(images[2], QueueReason.Audit, classIndex: 1);
        await using var db = _workplace.Open();
        db.Answers.Add(new Answer { ImageId = images[2], ReaderId = "bob", ProjectId = _workplace.ProjectId, Kind = AnswerKind.Unreadable, EventId = await db.LabelEvents.MaxAsync(e => e.Id, Cancellation) });
        await db.SaveChangesAsync(Cancellation);

        var failures = await _workplace.Get<SilentFailureService>().ListLiveAsync(await RoundAsync(), Cancellation);

        Assert.Equal([images[2], images[0]], failures.Select(f => f.Image.Prediction.ImageId));
        Assert.Equal([(1, 1), (null, 1)], failures[0].Readings);
        Assert.Equal((0, 1, 0), (failures[1].Image.Prediction.ClassIndex, failures[1].Image.Label, failures[1].Image.Place));
    }

    [Fact]
    public async Task Pseudo_labels_are_held_against_what_readers_said_of_images_drawn_at_random()
    {
        var images = await RankedAsync(10);
        await using var db = _workplace.Open();
        // Image 0 has become gold: it is drawn no more, and the others keep their places.
        await db.Images.Where(i => i.Id == images[0]).ExecuteUpdateAsync(set => set.SetProperty(i => i.Split, DataSplit.Gold), Cancellation);
        await AnswerAsync(images[1], QueueReason.Audit, classIndex: 1);
        await AnswerAsync(images[2], QueueReason.Ranked, classIndex: 0);
        await AnswerAsync(images[3], QueueReason.Audit, classIndex: 1);
        await AnswerAsync(images[4], QueueReason.Ranked, classIndex: 1);
        var trace = new PseudoLabelTrace(10);
        trace.Note(0, FilterVerdict.Accepted, 0);
        trace.Note(1, FilterVerdict.Accepted, 0);
        trace.Note(2, FilterVerdict.Accepted, 0);
        trace.Note(3, FilterVerdict.Uncertain, 0);
        trace.Note(4, FilterVerdict.Accepted, 0);
        RoundEpoch[] epochs = [new() { Epoch = 1 }, new() { Epoch = 2, Audited = trace.ToBytes() }];

        var sample = await _workplace.Get<LiveCheckService>().SampleAsync(await RoundAsync(), Cancellation);

        // Image 4 was read for its rank, beyond the last one drawn; epoch 1 is of a program that kept nothing.
        var audited = Assert.Single(AuditedEpoch.Of(epochs, sample));
        Assert.Equal(new AuditedEpoch(2, new FilterLedger(2, 1, 0, 0, AcceptedWrong: 1, RejectedWrong: 1)), audited);
        Assert.Equal((0.5, 1.0), (audited.AcceptedError, audited.RejectedError));
        Assert.Equal(BinomialInterval.ClopperPearson(1, 2), audited.AcceptedInterval);
    }

    [Fact]
    public async Task Without_an_answer_there_is_no_rate()
    {
        await RankedAsync(4);

        var check = await ReadAsync();

        Assert.Equal((0, null, null), (check!.Drawn, check.SilentFailureRate, check.SilentFailureInterval));
    }

    [Fact]
    public void The_estimate_has_no_bias_though_the_uncertain_are_read_first()
    {
        // 300 images, 24 of them silently wrong; the queue has the 100 least sure read, and 40 are drawn from what is left.
        const int images = 300, silent = 24, ranked = 100, drawn = 40;
        var random = new SeededRandom(1, "pool");
        var rates = new List<double>();
        var ofDrawnAlone = new List<double>();
        for (var trial = 0; trial < 2000; trial++)
        {
            // Silent mistakes are sure by definition, so none is among those read for their rank.
            var pool = Enumerable.Range(0, images).Select(i => (Order: random.NextDouble(), Wrong: i < silent, Ranked: i >= images - ranked)).OrderBy(i => i.Order).ToList();
            var predictions = pool.Select(_ => new RoundPrediction { ImageId = Guid.NewGuid(), ClassIndex = 0, Confidence = 0.99 }).ToList();
            var read = pool.Index().Where(i => !i.Item.Ranked).Take(drawn).Select(i => i.Index).ToList();
            var labels = pool.Index().Where(i => i.Item.Ranked || read.Contains(i.Index)).ToDictionary(i => predictions[i.Index].ImageId, i => i.Item.Wrong ? 1 : 0);

            rates.Add(LiveCheck.From(1, Threshold, LiveSample.Of([.. predictions.Index()], read.Select(i => predictions[i].ImageId).ToHashSet(), labels)).SilentFailureRate!.Value);
            ofDrawnAlone.Add(read.Count(i => pool[i].Wrong) / (double)drawn);
        }

        var error = Math.Sqrt(rates.Sum(r => Math.Pow(r - rates.Average(), 2)) / rates.Count / rates.Count);
        Assert.InRange(rates.Average(), 0.08 - (4 * error), 0.08 + (4 * error));
        // What would be found by counting only those drawn: 24 of the 200 that were left.
        Assert.InRange(ofDrawnAlone.Average(), 0.11, 0.13);
    }

    /// <summary>A round that has ranked the pool and says class 0 of all of it; the images in the order of their hashes.</summary>
    private async Task<List<Guid>> RankedAsync(int count, double confidence = 0.97)
    {
        await _workplace.AddImagesAsync(count);
        await using var db = _workplace.Open();
        var round = new Round { ProjectId = _workplace.ProjectId, Number = 3, Method = "safemed-ssl", State = RoundState.Completed, SilentFailureThreshold = Threshold };
        db.Rounds.Add(round);
        await db.SaveChangesAsync(Cancellation);
        var images = await db.Images.OrderBy(i => i.ContentHash).Select(i => i.Id).ToListAsync(Cancellation);
        db.RoundPredictions.AddRange(images.Select(id => new RoundPrediction { RoundId = round.Id, ImageId = id, ClassIndex = 0, Confidence = confidence }));
        await db.Projects.ExecuteUpdateAsync(set => set.SetProperty(p => p.QueueRoundId, round.Id), Cancellation);
        await db.SaveChangesAsync(Cancellation);
        return images;
    }

    private async Task AnswerAsync(Guid image, QueueReason reason, int? classIndex)
    {
        await using (var db = _workplace.Open())
        {
            db.Leases.Add(new Lease { ImageId = image, ReaderId = "ada", ProjectId = _workplace.ProjectId, Reason = reason, ExpiresUtc = DateTime.MaxValue });
            await db.Images.Where(i => i.Id == image).ExecuteUpdateAsync(set => set.SetProperty(i => i.ReadingsTaken, 1), Cancellation);
            await db.SaveChangesAsync(Cancellation);
        }

        Assert.Null((await _workplace.AnswerAsync("ada", image, classIndex is null ? AnswerKind.Unreadable : AnswerKind.Label, classIndex)).Error);
    }

    private async Task<Round> RoundAsync()
    {
        await using var db = _workplace.Open();
        return await db.Rounds.SingleAsync(Cancellation);
    }

    private Task<LiveCheck?> ReadAsync() => _workplace.Get<LiveCheckService>().ReadAsync(_workplace.ProjectId, Cancellation);
}
