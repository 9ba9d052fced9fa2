using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Testing;
using SafeMedLabel.Web.Model;

namespace SafeMedLabel.Web.Tests;

public sealed class LabellingViewModelTests : IAsyncLifetime
{
    private readonly FailingStorage _storage = new();
    private Workplace _workplace = null!;
    private LabellingViewModel _model = null!;
    private List<Guid> _images = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _workplace = await Workplace.CreateAsync(_storage.AddTo);
        _images = await _workplace.AddImagesAsync(6);
        _model = new LabellingViewModel(_workplace.Labelling, _workplace.Get<SecondLookService>(), _workplace.Time, _workplace.ProjectId, "ada");
        await _model.OpenAsync(Cancellation);
    }

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task No_key_counts_before_the_image_can_be_seen()
    {
        Assert.Equal(Delivery.NotTaken, await AnswerAsync(1));
        _model.Shown(_images[1]);
        Assert.Equal(Delivery.NotTaken, await AnswerAsync(1));

        _model.Shown(_images[0]);
        Assert.Equal(Delivery.Stored, await AnswerAsync(1));
    }

    [Fact]
    public async Task The_next_image_is_in_front_only_when_the_database_has_the_answer()
    {
        _model.Shown(_images[0]);
        await AnswerAsync(1);

        Assert.Equal(_images[1], _model.Current!.Id);
        Assert.Equal((1, 1, new LastAnswer(LastAnswerState.Stored, Given(0, 1))), (_model.Progress.Labelled, _model.Session.Labels, _model.Last));
        await using var db = _workplace.Open();
        var stored = await db.LabelEvents.SingleAsync(Cancellation);
        Assert.Equal((_images[0], 1, 1400), (stored.ImageId, stored.ClassIndex!.Value, stored.ElapsedMilliseconds));
    }

    [Fact]
    public void Three_more_images_are_held_behind_the_one_in_front_so_that_they_load_ahead() =>
        Assert.Equal(_images.Take(4), _model.Queue.Images.Select(i => i.Id));

    [Fact]
    public async Task Neighbours_once_asked_for_are_those_of_each_image_in_front_until_they_are_put_away()
    {
        Assert.Null(_model.Neighbours);
        await _model.ToggleNeighboursAsync(Cancellation);
        Assert.Equal(_images.Except([_images[0]]).Order(), _model.Neighbours!.Order());

        _model.Shown(_images[0]);
        await AnswerAsync(1);
        Assert.Equal(_images.Except([_images[1]]).Order(), _model.Neighbours!.Order());

        await _model.ToggleNeighboursAsync(Cancellation);
        Assert.Null(_model.Neighbours);
    }

    [Fact]
    public async Task An_answer_that_could_not_be_stored_keeps_its_image_and_the_next_press_stores_it_once()
    {
        _model.Shown(_images[0]);
        await using (var db = _workplace.Open())
        {
            // A database that refuses to write, as a full disk would make it.
            await db.Database.ExecuteSqlRawAsync("ALTER TABLE LabelEvents RENAME TO Elsewhere", Cancellation);
        }

        var key = Guid.NewGuid();
        Assert.Equal(Delivery.Refused, await AnswerAsync(0, key));
        Assert.Contains("could not be stored", _model.Problem, StringComparison.Ordinal);
        Assert.Equal(_images[0], _model.Current!.Id);

        await using (var db = _workplace.Open())
        {
            await db.Database.ExecuteSqlRawAsync("ALTER TABLE Elsewhere RENAME TO LabelEvents", Cancellation);
        }

        Assert.Equal(Delivery.Stored, await AnswerAsync(0, key));
        Assert.Null(_model.Problem);
        await using var read = _workplace.Open();
        Assert.Equal(1, await read.LabelEvents.CountAsync(Cancellation));
    }

    [Fact]
    public async Task While_nothing_can_be_stored_the_page_says_why_and_keeps_what_the_reader_holds()
    {
        _model.Shown(_images[0]);
        _storage.IsReadOnly = true;
        var key = Guid.NewGuid();

        Assert.Equal(Delivery.Refused, await AnswerAsync(0, key));
        Assert.Equal("Nothing can be stored at the moment: the storage can only be read. Answers already acknowledged are safe.", _model.Problem);
        await _model.OpenAsync(Cancellation);
        Assert.Equal(_images.Take(4), _model.Queue.Images.Select(i => i.Id));
        var other = new LabellingViewModel(_workplace.Labelling, _workplace.Get<SecondLookService>(), _workplace.Time, _workplace.ProjectId, "ben");
        await other.OpenAsync(Cancellation);
        Assert.Equal(QueueState.Postponed, other.Queue.State);

        _storage.IsReadOnly = false;
        Assert.Equal(Delivery.Stored, await AnswerAsync(0, key));
    }

    [Fact]
    public async Task Undo_brings_the_image_and_what_was_said_of_it_back()
    {
        _model.Shown(_images[0]);
        await AnswerAsync(1);

        Assert.True(await _model.UndoAsync(Cancellation));

        Assert.Equal((_images[0], Given(0, 1), new LastAnswer(LastAnswerState.TakenBack, Given(0, 1)), 0), (_model.Current!.Id, _model.Undone, _model.Last, _model.Progress.Labelled));
        _model.Shown(_images[0]);
        await AnswerAsync(0);
        Assert.Null(_model.Undone);
    }

    [Fact]
    public async Task Answers_that_were_taken_back_are_given_again_one_by_one_as_they_were()
    {
        foreach (var (image, answer) in _images.Take(2).Zip([1, 0]))
        {
            _model.Shown(image);
            await AnswerAsync(answer);
        }

        await _model.UndoAsync(Cancellation);
        await _model.UndoAsync(Cancellation);
        foreach (var image in _images.Take(2))
        {
            _model.Shown(image);
            Assert.Equal(Delivery.Stored, await _model.RedoAsync(Cancellation));
        }

        Assert.Equal((_images[2], new LastAnswer(LastAnswerState.Stored, Given(1, 0))), (_model.Current!.Id, _model.Last));
        _model.Shown(_images[2]);
        Assert.Equal(Delivery.NotTaken, await _model.RedoAsync(Cancellation));
        await using var db = _workplace.Open();
        var answers = await db.Answers.Where(a => a.ReaderId == "ada").ToDictionaryAsync(a => a.ImageId, a => a.ClassIndex, Cancellation);
        Assert.Equal((1, 0), (answers[_images[0]], answers[_images[1]]));
    }

    [Fact]
    public async Task Why_an_image_was_shown_is_told_once_it_is_answered_and_no_more_when_the_answer_is_taken_back()
    {
        await _model.ToggleWhyAsync(Cancellation);
        Assert.Equal((false, null), (_model.CanAskWhy, _model.Why));

        _model.Shown(_images[0]);
        await AnswerAsync(1);
        await _model.ToggleWhyAsync(Cancellation);
        Assert.Equal(new WhyShown(QueueReason.Ranked, null, 0, null, null, null), _model.Why);

        await _model.UndoAsync(Cancellation);
        Assert.Equal((false, null), (_model.CanAskWhy, _model.Why));
    }

    [Fact]
    public async Task An_image_that_cannot_be_shown_may_be_skipped_or_flagged_but_not_labelled()
    {
        _model.NotShown(_images[0]);

        Assert.Contains("cannot be shown", _model.Problem, StringComparison.Ordinal);
        Assert.Equal(Delivery.NotTaken, await AnswerAsync(0));
        Assert.Equal(Delivery.Stored, await _model.AnswerAsync(new SentAnswer(_images[0], AnswerKind.Unreadable, null, 1400, Guid.NewGuid()), Cancellation));
        Assert.Equal(_images[1], _model.Current!.Id);
        Assert.Null(_model.Problem);
    }

    [Fact]
    public async Task An_image_whose_file_is_lost_is_said_to_be_and_the_reader_goes_on()
    {
        _model.NotShown(_images[0], "The file is gone.");

        Assert.Equal("The file is gone.", _model.Problem);
        Assert.Equal(Delivery.Stored, await _model.AnswerAsync(new SentAnswer(_images[0], AnswerKind.Skip, null, 1400, Guid.NewGuid()), Cancellation));
        Assert.Equal(_images[1], _model.Current!.Id);
    }

    [Fact]
    public async Task An_answer_that_is_sent_again_because_no_reply_came_is_stored_once_and_moves_on_by_one()
    {
        _model.Shown(_images[0]);
        var sent = new SentAnswer(_images[0], AnswerKind.Label, 1, 1400, Guid.NewGuid());

        var first = _model.AnswerAsync(sent, Cancellation);
        var again = _model.AnswerAsync(sent, Cancellation);
        Assert.Equal([Delivery.Stored, Delivery.Stored, Delivery.Stored], [await first, await again, await _model.AnswerAsync(sent, Cancellation)]);

        Assert.Equal((_images[1], 1), (_model.Current!.Id, _model.Session.Labels));
        await using var db = _workplace.Open();
        Assert.Equal(1, await db.LabelEvents.CountAsync(Cancellation));
    }

    [Fact]
    public async Task An_answer_for_another_image_than_the_one_in_front_is_not_taken()
    {
        _model.Shown(_images[0]);

        Assert.Equal(Delivery.NotTaken, await _model.AnswerAsync(new SentAnswer(_images[1], AnswerKind.Label, 1, 1400, Guid.NewGuid()), Cancellation));
        Assert.Equal(_images[0], _model.Current!.Id);
    }

    [Fact]
    public async Task Whoever_opens_the_page_anew_is_told_their_last_answer_and_may_take_it_back()
    {
        _model.Shown(_images[0]);
        await AnswerAsync(1);
        var anew = new LabellingViewModel(_workplace.Labelling, _workplace.Get<SecondLookService>(), _workplace.Time, _workplace.ProjectId, "ada");
        await anew.OpenAsync(Cancellation);

        Assert.Equal((_images[1], new LastAnswer(LastAnswerState.Before, Given(0, 1))), (anew.Current!.Id, anew.Last));
        Assert.True(await anew.UndoAsync(Cancellation));
        Assert.Equal((_images[0], LastAnswerState.TakenBack), (anew.Current!.Id, anew.Last!.State));
    }

    [Fact]
    public async Task A_second_look_puts_the_answered_image_in_front_with_the_models_opinion_and_the_queue_goes_on_after_it()
    {
        await _workplace.RankAsync(_images);
        await _workplace.ChangeAsync(p => p.RevealAllowed = true);
        _model.Shown(_images[0]);
        await AnswerAsync(1);
        await _model.ToggleLookAsync(Cancellation);

        Assert.Equal((_images[0], Given(0, 1), 0, false), (_model.Front!.Value, _model.Look!.Answer, _model.Look.Opinion.ClassIndex, _model.IsVisible));
        _model.Shown(_images[0]);
        Assert.Equal(Delivery.Stored, await _model.AnswerAsync(new SentAnswer(_images[0], AnswerKind.Label, 0, 700, Guid.NewGuid()), Cancellation));

        Assert.Equal((null, _images[1], 1), (_model.Look, _model.Front!.Value, _model.Session.Labels));
        await using var db = _workplace.Open();
        Assert.Equal((0, 1), await db.Answers.Select(a => ValueTuple.Create(a.ClassIndex!.Value, a.UnaidedClassIndex!.Value)).SingleAsync(Cancellation));
    }

    [Fact]
    public async Task Where_the_project_does_not_allow_it_a_second_look_shows_nothing_but_why()
    {
        await _workplace.RankAsync(_images);
        _model.Shown(_images[0]);
        await AnswerAsync(1);
        await _model.ToggleLookAsync(Cancellation);

        Assert.Equal((null, _images[1]), (_model.Look, _model.Front!.Value));
        Assert.Contains("do not see", _model.Problem, StringComparison.Ordinal);
    }

    private ReaderAnswer Given(int image, int classIndex) => new(_images[image], AnswerKind.Label, classIndex, 1400);

    private Task<Delivery> AnswerAsync(int classIndex, Guid? key = null) =>
        _model.AnswerAsync(new SentAnswer(_model.Current!.Id, AnswerKind.Label, classIndex, 1400, key ?? Guid.NewGuid()), Cancellation);
}
