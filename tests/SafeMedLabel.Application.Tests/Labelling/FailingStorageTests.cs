using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Labelling;

/// <summary>What becomes of answers where SQLite itself refuses to write.</summary>
public sealed class FailingStorageTests : IAsyncLifetime
{
    private const string Full = "Nothing can be stored at the moment: the disk is full. Answers already acknowledged are safe.";
    private const string ReadOnly = "Nothing can be stored at the moment: the storage can only be read. Answers already acknowledged are safe.";

    private readonly FailingStorage _storage = new();
    private Workplace _workplace = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _workplace = await Workplace.CreateAsync(_storage.AddTo);

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task On_a_full_disk_an_answer_is_postponed_with_a_sentence_and_all_that_was_acknowledged_before_is_there()
    {
        await _workplace.AddImagesAsync(200);
        var held = new List<(string Reader, Guid Image)>();
        foreach (var reader in (string[])["ada", "ben", "cyd", "dan", "eve", "fay", "gil", "hal"])
        {
            held.AddRange((await OpenAsync(reader)).Images.Select(i => (reader, i.Id)));
        }

        _storage.IsFull = true;
        var acknowledged = new List<Guid>();
        var (answer, key) = (default(Result), Guid.Empty);
        foreach (var (reader, image) in held)
        {
            key = Guid.NewGuid();
            answer = await _workplace.AnswerAsync(reader, image, clientKey: key);
            if (!answer.Succeeded)
            {
                break;
            }

            acknowledged.Add(key);
        }

        Assert.Equal((Full, true), (answer.Error, answer.IsPostponed));
        Assert.NotEmpty(acknowledged);
        Assert.Equal([.. acknowledged], await StoredAsync());
        _storage.IsFull = false;
        var next = held[acknowledged.Count];
        Assert.Null((await _workplace.AnswerAsync(next.Reader, next.Image, clientKey: key)).Error);
        Assert.Equal([.. acknowledged, key], await StoredAsync());
    }

    [Fact]
    public async Task While_the_storage_can_only_be_read_everything_that_readers_say_is_postponed_and_nothing_is_handed_out()
    {
        await _workplace.ChangeAsync(project => project.RevealAllowed = true);
        var image = (await _workplace.AddImagesAsync(2))[0];
        await _workplace.NextAsync("ben");
        _storage.IsReadOnly = true;
        var adjudication = _workplace.Get<AdjudicationService>();
        var grids = _workplace.Get<GridService>();
        var secondLooks = _workplace.Get<SecondLookService>();
        var request = new AnswerRequest(_workplace.ProjectId, image, "ben", AnswerKind.Label, 0, 800, Guid.NewGuid());

        Result[] refused =
        [
            await _workplace.AnswerAsync("ben", image),
            (Result)await _workplace.Labelling.UndoAsync(_workplace.ProjectId, "ben", Cancellation),
            (Result)await grids.SubmitAsync(new GridRequest(_workplace.ProjectId, "ben", 0, [image], [], 800, Guid.NewGuid()), Cancellation),
            await grids.TakeBackAsync(_workplace.ProjectId, "ben", [image], Cancellation),
            (Result)await secondLooks.RevealAsync(_workplace.ProjectId, image, "ben", Cancellation),
            await secondLooks.ReviseAsync(request, Cancellation),
            await adjudication.DecideAsync(_workplace.ProjectId, image, "lea", 0, Guid.NewGuid(), Cancellation),
            (Result)await adjudication.TakeBackAsync(_workplace.ProjectId, "lea", Cancellation),
        ];

        Assert.All(refused, result => Assert.Equal((ReadOnly, true), (result.Error, result.IsPostponed)));
        Assert.Equal(QueueState.Postponed, (await OpenAsync("ada")).State);
        Assert.Equal(GridState.Postponed, (await grids.OpenAsync(_workplace.ProjectId, "ada", null, Cancellation)).State);
        _storage.IsReadOnly = false;
        Assert.Null((await _workplace.AnswerAsync("ben", image)).Error);
    }

    [Fact]
    public async Task A_round_that_cannot_be_queued_does_not_take_the_acknowledgement_from_the_label_before_it()
    {
        _storage.IsReadOnly = true;

        Assert.True((await _workplace.Rounds.StartAfterLabelsAsync(_workplace.ProjectId, 1, Cancellation)).IsPostponed);
    }

    private Task<QueueView> OpenAsync(string reader) => _workplace.Labelling.OpenAsync(_workplace.ProjectId, reader, LabellingService.MaximumLeases, Cancellation);

    private async Task<List<Guid>> StoredAsync()
    {
        await using var db = _workplace.Open();
        return await db.LabelEvents.OrderBy(e => e.Id).Select(e => e.ClientKey).ToListAsync(Cancellation);
    }
}
