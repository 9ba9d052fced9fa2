using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Labelling;

public sealed class SecondLookServiceTests : IAsyncLifetime
{
    private Workplace _workplace = null!;
    private List<Guid> _images = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private SecondLookService SecondLooks => _workplace.Get<SecondLookService>();

    public async ValueTask InitializeAsync()
    {
        _workplace = await Workplace.CreateAsync();
        _images = await _workplace.AddImagesAsync(6);
        await _workplace.RankAsync(_images);
        await _workplace.ChangeAsync(p => p.RevealAllowed = true);
    }

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task What_the_model_says_is_shown_to_whoever_has_answered_and_to_nobody_else()
    {
        Assert.Contains("once you have answered", (await RevealAsync(_images[0])).Error, StringComparison.Ordinal);

        await _workplace.AnswerNextAsync("ada");
        Assert.Equal((0, 0.99), ((await RevealAsync(_images[0])).Value!.ClassIndex, (await RevealAsync(_images[0])).Value!.Probability));
        Assert.Contains("once you have answered", (await RevealAsync(_images[0], "ben")).Error, StringComparison.Ordinal);

        await _workplace.ChangeAsync(p => p.RevealAllowed = false);
        Assert.Contains("do not see", (await RevealAsync(_images[0])).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Both_answers_are_kept_the_second_trains_and_the_first_counts_where_somebody_is_judged()
    {
        await _workplace.AnswerNextAsync("ada", classIndex: 1);
        await RevealAsync(_images[0]);

        Assert.Null((await ReviseAsync(_images[0], 0)).Error);

        await using var db = _workplace.Open();
        var events = await db.LabelEvents.OrderBy(e => e.Id).Select(e => ValueTuple.Create(e.Kind, e.ClassIndex!.Value, e.Aid)).ToListAsync(Cancellation);
        Assert.Equal([(AnswerKind.Label, 1, Aid.Unaided), (AnswerKind.Reveal, 0, Aid.Revealed), (AnswerKind.Label, 0, Aid.Revealed)], events);
        var answer = await db.Answers.SingleAsync(Cancellation);
        Assert.Equal((0, 1), (answer.ClassIndex!.Value, answer.UnaidedClassIndex!.Value));
        Assert.Equal(0, (await LabelSnapshot.ReadAsync(db, _workplace.ProjectId, long.MaxValue, ConsensusRule.Majority, Cancellation)).Labels[_images[0]]);
        Assert.Equal((1, 1), await db.Images.Where(i => i.Id == _images[0]).Select(i => ValueTuple.Create(i.ReadingsGiven, i.ReadingsTaken)).SingleAsync(Cancellation));
    }

    [Fact]
    public async Task An_answer_after_which_the_models_was_shown_is_no_more_taken_back()
    {
        await _workplace.AnswerNextAsync("ada");
        await RevealAsync(_images[0]);

        Assert.Contains("not taken back", (await _workplace.Labelling.UndoAsync(_workplace.ProjectId, "ada", Cancellation)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_is_not_changed_by_whoever_has_not_seen_the_models()
    {
        await _workplace.AnswerNextAsync("ada");

        Assert.NotNull((await ReviseAsync(_images[0], 1)).Error);
        await RevealAsync(_images[0]);
        Assert.NotNull((await ReviseAsync(_images[0], 7)).Error);
        Assert.Null((await ReviseAsync(_images[0], 1)).Error);
    }

    [Fact]
    public async Task How_often_readers_switch_and_whether_for_the_better_is_counted()
    {
        // The known classes are 0 and 1 in turn, and so says the model.
        foreach (var (said, then) in new[] { (0, 0), (0, 1), (0, 1), (1, 0), (1, 1) })
        {
            var image = await _workplace.AnswerNextAsync("ada", classIndex: said);
            await RevealAsync(image);
            await ReviseAsync(image, then);
        }

        await _workplace.AnswerNextAsync("ada");

        Assert.Equal(
            new SwitchReport(Shown: 5, Differing: 2, Switched: 3, ToTheModels: 1, Known: 3, WrongToRight: 1, RightToWrong: 2),
            await _workplace.Get<ReaderReportService>().ReadSwitchesAsync(_workplace.ProjectId, Cancellation));
    }

    private Task<Result<Application.Rounds.ModelOpinion>> RevealAsync(Guid image, string reader = "ada") =>
        SecondLooks.RevealAsync(_workplace.ProjectId, image, reader, Cancellation);

    private Task<Result> ReviseAsync(Guid image, int classIndex) => SecondLooks.ReviseAsync(
        new AnswerRequest(_workplace.ProjectId, image, "ada", AnswerKind.Label, classIndex, 500, Guid.NewGuid()), Cancellation);
}
