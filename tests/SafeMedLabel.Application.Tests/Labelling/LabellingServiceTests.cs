using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Labelling;

public sealed class LabellingServiceTests : IAsyncLifetime
{
    private Workplace _workplace = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private LabellingService Labelling => _workplace.Labelling;

    public async ValueTask InitializeAsync() => _workplace = await Workplace.CreateAsync();

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task The_queue_goes_by_rank_and_holds_only_training_images()
    {
        await _workplace.AddImagesAsync(3, DataSplit.Test);
        var pool = await _workplace.AddImagesAsync(3);
        await _workplace.AddImagesAsync(3, DataSplit.Calibration);

        var queue = await Labelling.OpenAsync(_workplace.ProjectId, "ada", 9, Cancellation);

        Assert.Equal(pool, queue.Images.Select(i => i.Id));
    }

    [Fact]
    public async Task Readers_who_ask_at_the_same_instant_never_hold_the_same_image()
    {
        await _workplace.AddImagesAsync(24);
        string[] readers = ["ada", "ben", "cyd", "dan", "eve", "fay"];

        var queues = await Task.WhenAll(readers.Select(reader =>
            Task.Run(() => Labelling.OpenAsync(_workplace.ProjectId, reader, 4, Cancellation), Cancellation)));

        var held = queues.SelectMany(q => q.Images.Select(i => i.Id)).ToList();
        Assert.Equal(24, held.Count);
        Assert.Equal(24, held.Distinct().Count());
    }

    [Fact]
    public async Task Asking_again_gives_the_same_images_and_renews_their_leases()
    {
        await _workplace.AddImagesAsync(3);
        var first = await _workplace.NextAsync("ada");
        _workplace.Time.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal(first, await _workplace.NextAsync("ada"));
        _workplace.Time.Advance(TimeSpan.FromMinutes(9));

        Assert.NotEqual(first, await _workplace.NextAsync("ben"));
    }

    [Fact]
    public async Task An_expired_lease_passes_to_a_colleague_and_the_late_answer_is_refused_with_a_sentence()
    {
        await _workplace.AddImagesAsync(1);
        var image = await _workplace.NextAsync("ada");
        _workplace.Time.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal(image, await _workplace.NextAsync("ben"));

        var late = await _workplace.AnswerAsync("ada", image);

        Assert.Contains("colleague", late.Error, StringComparison.Ordinal);
        Assert.Null((await _workplace.AnswerAsync("ben", image)).Error);
    }

    [Fact]
    public async Task A_late_answer_is_stored_while_nobody_else_took_the_image()
    {
        await _workplace.AddImagesAsync(1);
        var image = await _workplace.NextAsync("ada");
        _workplace.Time.Advance(TimeSpan.FromHours(3));

        Assert.Null((await _workplace.AnswerAsync("ada", image)).Error);
    }

    [Fact]
    public async Task An_answer_sent_twice_is_stored_once()
    {
        await _workplace.AddImagesAsync(2);
        var image = await _workplace.NextAsync("ada");
        var key = Guid.NewGuid();

        Assert.Null((await _workplace.AnswerAsync("ada", image, clientKey: key)).Error);
        Assert.Null((await _workplace.AnswerAsync("ada", image, clientKey: key)).Error);

        await using var db = _workplace.Open();
        Assert.Equal(1, await db.LabelEvents.CountAsync(Cancellation));
    }

    [Fact]
    public async Task Nobody_answers_an_image_that_was_not_handed_to_them()
    {
        var images = await _workplace.AddImagesAsync(2);
        await _workplace.NextAsync("ada");

        Assert.NotNull((await _workplace.AnswerAsync("ben", images[0])).Error);
        Assert.NotNull((await _workplace.AnswerAsync("ben", images[1])).Error);
    }

    [Fact]
    public async Task An_image_of_the_locked_test_set_takes_no_answer_even_from_a_reader_who_holds_it()
    {
        var locked = await _workplace.AddImagesAsync(1, DataSplit.Test);
        await using (var db = _workplace.Open())
        {
            db.Leases.Add(new Lease { ImageId = locked[0], ReaderId = "ada", ProjectId = _workplace.ProjectId, ExpiresUtc = DateTime.MaxValue });
            await db.SaveChangesAsync(Cancellation);
        }

        Assert.Equal("This image is not in the queue.", (await _workplace.AnswerAsync("ada", locked[0])).Error);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(-1)]
    [InlineData(null)]
    public async Task A_class_that_the_project_does_not_have_is_refused(int? classIndex)
    {
        await _workplace.AddImagesAsync(1);
        var image = await _workplace.NextAsync("ada");

        Assert.Contains("no such class", (await _workplace.AnswerAsync("ada", image, classIndex: classIndex)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_undone_answer_is_in_front_again_before_all_others_and_its_event_stays()
    {
        await _workplace.AddImagesAsync(5);
        var image = await _workplace.AnswerNextAsync("ada", classIndex: 1);
        await Labelling.OpenAsync(_workplace.ProjectId, "ada", 3, Cancellation);

        var undone = await Labelling.UndoAsync(_workplace.ProjectId, "ada", Cancellation);

        Assert.Equal(new ReaderAnswer(image, AnswerKind.Label, 1, 800), undone.Value);
        Assert.Equal(image, await _workplace.NextAsync("ada"));
        await using var db = _workplace.Open();
        Assert.Equal([AnswerKind.Label, AnswerKind.Undo], await db.LabelEvents.OrderBy(e => e.Id).Select(e => e.Kind).ToListAsync(Cancellation));
        Assert.Equal(0, await db.Answers.CountAsync(Cancellation));
    }

    [Fact]
    public async Task Undo_goes_back_one_answer_at_a_time_and_only_over_ones_own()
    {
        await _workplace.AddImagesAsync(4);
        var first = await _workplace.AnswerNextAsync("ada");
        await _workplace.AnswerNextAsync("ben");
        var second = await _workplace.AnswerNextAsync("ada", AnswerKind.Unreadable);

        Assert.Equal(second, (await Labelling.UndoAsync(_workplace.ProjectId, "ada", Cancellation)).Value!.ImageId);
        Assert.Equal(first, (await Labelling.UndoAsync(_workplace.ProjectId, "ada", Cancellation)).Value!.ImageId);
        Assert.NotNull((await Labelling.UndoAsync(_workplace.ProjectId, "ada", Cancellation)).Error);
    }

    [Fact]
    public async Task A_skip_cannot_be_taken_back_while_a_colleague_reads_the_image()
    {
        await _workplace.AddImagesAsync(1);
        await _workplace.AnswerNextAsync("ada", AnswerKind.Skip);
        await _workplace.NextAsync("ben");

        Assert.Contains("colleague", (await Labelling.UndoAsync(_workplace.ProjectId, "ada", Cancellation)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_skipped_image_comes_back_last_and_the_queue_never_locks_up()
    {
        var images = await _workplace.AddImagesAsync(3);
        await _workplace.AnswerNextAsync("ada", AnswerKind.Skip);
        await _workplace.AnswerNextAsync("ada");
        await _workplace.AnswerNextAsync("ada");

        var queue = await Labelling.OpenAsync(_workplace.ProjectId, "ada", 4, Cancellation);

        var left = Assert.Single(queue.Images);
        Assert.Equal(images[0], left.Id);
        Assert.True(left.WasSkipped);
    }

    [Fact]
    public async Task An_image_skipped_by_one_reader_goes_to_another_first()
    {
        var images = await _workplace.AddImagesAsync(3);
        await _workplace.AnswerNextAsync("ada", AnswerKind.Skip);

        Assert.Equal(images[0], await _workplace.NextAsync("ben"));
        Assert.Equal(images[1], await _workplace.NextAsync("ada"));
    }

    [Fact]
    public async Task The_queue_says_whether_it_is_empty_or_held_or_finished()
    {
        Assert.Equal(QueueState.Empty, (await Labelling.OpenAsync(_workplace.ProjectId, "ada", 1, Cancellation)).State);
        await _workplace.AddImagesAsync(1);
        var image = await _workplace.NextAsync("ben");

        var waiting = await Labelling.OpenAsync(_workplace.ProjectId, "ada", 1, Cancellation);
        Assert.Equal((QueueState.AllWithColleagues, _workplace.Time.GetUtcNow().UtcDateTime.AddMinutes(10)), (waiting.State, waiting.NextFreeUtc!.Value));

        await _workplace.AnswerAsync("ben", image, AnswerKind.Unreadable);
        Assert.Equal(QueueState.Finished, (await Labelling.OpenAsync(_workplace.ProjectId, "ada", 1, Cancellation)).State);
    }

    [Fact]
    public async Task Progress_counts_each_image_once()
    {
        await ReadTwiceAsync();
        await _workplace.AddImagesAsync(6);
        await _workplace.LabelAsync("ada", 3);
        await _workplace.LabelAsync("ben", 4);
        await _workplace.AnswerNextAsync("ada", AnswerKind.Unreadable);

        Assert.Equal(new LabellingProgress(6, 4, 1), await Labelling.ProgressAsync(_workplace.ProjectId, Cancellation));
    }

    [Fact]
    public async Task A_label_snapshot_stays_the_same_whatever_is_said_later()
    {
        await _workplace.AddImagesAsync(4);
        var first = await _workplace.AnswerNextAsync("ada", classIndex: 1);
        var second = await _workplace.AnswerNextAsync("ada", classIndex: 0);
        await using var db = _workplace.Open();
        var instant = await db.LabelEvents.MaxAsync(e => e.Id, Cancellation);
        await Labelling.UndoAsync(_workplace.ProjectId, "ada", Cancellation);
        await _workplace.LabelAsync("ada", 2);

        var then = await LabelSnapshot.ReadAsync(db, _workplace.ProjectId, instant, ConsensusRule.Majority, Cancellation);
        var now = await LabelSnapshot.ReadAsync(db, _workplace.ProjectId, long.MaxValue, ConsensusRule.Majority, Cancellation);

        Assert.Equal(new Dictionary<Guid, int> { [first] = 1, [second] = 0 }, then.Labels);
        Assert.Equal(3, now.Labels.Count);
    }

    [Fact]
    public async Task Neighbours_are_all_other_images_of_the_patient_in_an_order_that_no_class_decides()
    {
        var mine = await _workplace.AddImagesAsync(6, patient: "C33");
        await _workplace.AddImagesAsync(6, patient: "C34");
        await using var db = _workplace.Open();
        var byHash = await db.Images.Where(i => i.Patient == "C33").OrderBy(i => i.ContentHash).Select(i => i.Id).ToListAsync(Cancellation);
        var place = byHash.IndexOf(mine[2]);

        var all = await Labelling.NeighboursAsync(_workplace.ProjectId, mine[2], 12, Cancellation);
        var two = await Labelling.NeighboursAsync(_workplace.ProjectId, mine[2], 2, Cancellation);

        Assert.Equal([.. byHash.Skip(place + 1), .. byHash.Take(place)], all);
        Assert.Equal(all.Take(2), two);
    }

    [Fact]
    public async Task An_image_of_another_project_has_no_neighbours_here()
    {
        var images = await _workplace.AddImagesAsync(2);

        Assert.Empty(await Labelling.NeighboursAsync(_workplace.ProjectId + 1, images[0], 12, Cancellation));
    }

    private async Task ReadTwiceAsync()
    {
        await using var db = _workplace.Open();
        await db.Projects.ExecuteUpdateAsync(set => set.SetProperty(p => p.ReadingsPerImage, 2), Cancellation);
    }
}
