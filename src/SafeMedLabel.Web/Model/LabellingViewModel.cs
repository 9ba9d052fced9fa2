using SafeMedLabel.Application;
using SafeMedLabel.Application.Labelling;

namespace SafeMedLabel.Web.Model;

/// <summary>
/// A reader at the queue: the image in front, those behind it, and the rule that nothing moves before the database has the
/// answer. Not for several threads: a circuit runs one thing at a time.
/// </summary>
public sealed class LabellingViewModel(LabellingService labelling, SecondLookService secondLooks, TimeProvider time, int projectId, string readerId)
{
    /// <summary>Images held at once: one in front, the others loading behind it.</summary>
    private const int Held = 4;

    /// <summary>A patient's other images that are shown for comparison.</summary>
    private const int NeighboursShown = 12;

    private readonly Stack<ReaderAnswer> _undone = new();
    private Guid? _visible;
    private Guid? _broken;
    private SentAnswer? _underway;
    private Task<Delivery> _delivery = Task.FromResult(Delivery.NotTaken);

    /// <summary>What the queue has.</summary>
    public QueueView Queue { get; private set; } = new(QueueState.Empty, [], null);

    /// <summary>The image in front; null when there is none.</summary>
    public QueueImage? Current => Queue.Images.Count > 0 ? Queue.Images[0] : null;

    /// <summary>How far the project is; this reader's own answers at once, colleagues' when <see cref="RefreshProgressAsync"/> is called.</summary>
    public LabellingProgress Progress { get; private set; } = new(0, 0, 0);

    /// <summary>What this reader did since the page was opened.</summary>
    public ReadingSession Session { get; } = new();

    /// <summary>True while an answer is on its way; keys are not heard then.</summary>
    public bool IsSaving { get; private set; }

    /// <summary>True once the image in front can be seen; before, no key counts: nobody labels what they have not seen.</summary>
    public bool IsVisible => Front is { } front && _visible == front;

    /// <summary>True where the browser could not show the image in front.</summary>
    public bool IsBroken => Front is { } front && _broken == front;

    /// <summary>Why the last answer was not stored; null when it was.</summary>
    public string? Problem { get; private set; }

    /// <summary>What was stored or taken back last, or had been stored before the page was opened; null when nothing was.</summary>
    public LastAnswer? Last { get; private set; }

    /// <summary>Why the image that was answered last had been shown; null while the reader does not ask.</summary>
    public WhyShown? Why { get; private set; }

    /// <summary>True where there is an answer whose image's reason may be told.</summary>
    public bool CanAskWhy => Last is { State: not LastAnswerState.TakenBack, Answer.Kind: not AnswerKind.Skip };

    /// <summary>The answer that is looked at once more, with what the model says; null while the queue goes on.</summary>
    public SecondLook? Look { get; private set; }

    /// <summary>The image the reader looks at: the first of the queue, or the one they look at once more.</summary>
    public Guid? Front => Look?.Answer.ImageId ?? Current?.Id;

    /// <summary>All images to be loaded, the one to look at among them.</summary>
    public IEnumerable<Guid> Images => Queue.Images.Select(i => i.Id).Prepend(Front ?? Guid.Empty).Where(id => id != Guid.Empty).Distinct();

    /// <summary>The answer that was taken back, while its image is in front again.</summary>
    public ReaderAnswer? Undone => _undone.TryPeek(out var last) && last.ImageId == Current?.Id ? last : null;

    /// <summary>Other images of the patient whose image is in front; null while the reader does not ask for them.</summary>
    public IReadOnlyList<Guid>? Neighbours { get; private set; }

    /// <summary>Leases the first images.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken = default)
    {
        await RefreshAsync(cancellationToken);
        await RefreshProgressAsync(cancellationToken);
        if (Last is null && await labelling.LastAsync(projectId, readerId, cancellationToken) is { } before)
        {
            Last = new LastAnswer(LastAnswerState.Before, before);
        }
    }

    /// <summary>Counts anew what the project has.</summary>
    public async Task RefreshProgressAsync(CancellationToken cancellationToken = default) => Progress = await labelling.ProgressAsync(projectId, cancellationToken);

    /// <summary>The browser shows the image.</summary>
    public void Shown(Guid imageId)
    {
        if (Front == imageId)
        {
            _visible = imageId;
        }
    }

    /// <summary>The browser cannot show the image: it may be skipped or flagged, but nobody labels what they have not seen.</summary>
    /// <param name="imageId">The image.</param>
    /// <param name="lost">What happened to its file, in a sentence; null where nothing did.</param>
    public void NotShown(Guid imageId, string? lost = null)
    {
        if (Front == imageId && !IsVisible)
        {
            _broken = imageId;
            Problem = lost ?? "This image cannot be shown. Skip it, flag it as unreadable, or reload the page.";
        }
    }

    /// <summary>
    /// Stores an answer for the image in front and moves on; stays where it cannot be stored. The same answer sent again, by a browser that
    /// had no reply, is what became of the first.
    /// </summary>
    public Task<Delivery> AnswerAsync(SentAnswer answer, CancellationToken cancellationToken = default)
    {
        if (_underway?.ClientKey == answer.ClientKey)
        {
            return _delivery;
        }

        var maySay = IsVisible || (IsBroken && answer.Kind != AnswerKind.Label);
        if (IsSaving || !maySay || Front != answer.ImageId)
        {
            return Task.FromResult(Delivery.NotTaken);
        }

        _underway = answer;
        return _delivery = Look is null ? DeliverAsync(answer, cancellationToken) : ReviseAsync(answer, cancellationToken);
    }

    /// <summary>Takes the last answer back and shows its image again.</summary>
    public async Task<bool> UndoAsync(CancellationToken cancellationToken = default)
    {
        if (IsSaving || Look is not null)
        {
            return false;
        }

        IsSaving = true;
        try
        {
            var undone = await labelling.UndoAsync(projectId, readerId, cancellationToken);
            Problem = undone.Error;
            if (!undone.Succeeded)
            {
                return false;
            }

            _undone.Push(undone.Value);
            (Last, Why) = (new LastAnswer(LastAnswerState.TakenBack, undone.Value), null);
            Session.Remove(undone.Value.ImageId);
            (_visible, _broken) = (null, null);
            await OpenAsync(cancellationToken);
            return true;
        }
        finally
        {
            IsSaving = false;
        }
    }

    /// <summary>Gives the answer that was taken back last once more.</summary>
    public Task<Delivery> RedoAsync(CancellationToken cancellationToken = default) => Undone is { } undone
        ? AnswerAsync(new SentAnswer(undone.ImageId, undone.Kind, undone.ClassIndex, undone.ElapsedMilliseconds, Guid.NewGuid()), cancellationToken)
        : Task.FromResult(Delivery.NotTaken);

    /// <summary>Tells why the image that was answered last had been shown, or no longer.</summary>
    public async Task ToggleWhyAsync(CancellationToken cancellationToken = default) =>
        Why = Why is null && CanAskWhy ? await labelling.WhyAsync(projectId, Last!.Answer.ImageId, readerId, cancellationToken) : null;

    /// <summary>Shows the image that was answered last once more, with what the model says of it, or goes on with the queue.</summary>
    public async Task ToggleLookAsync(CancellationToken cancellationToken = default)
    {
        if (IsSaving)
        {
            return;
        }

        if (Look is not null)
        {
            PutInFront(null);
        }
        else if (CanAskWhy)
        {
            var shown = await secondLooks.RevealAsync(projectId, Last!.Answer.ImageId, readerId, cancellationToken);
            Problem = shown.Error;
            if (shown.Succeeded)
            {
                PutInFront(new SecondLook(Last.Answer, shown.Value));
            }
        }
    }

    /// <summary>Shows the patient's other images, of each image in front from now on, or no longer.</summary>
    public async Task ToggleNeighboursAsync(CancellationToken cancellationToken = default)
    {
        Neighbours = Neighbours is null ? [] : null;
        await RefreshNeighboursAsync(cancellationToken);
    }

    /// <summary>The image has its answer again. Where another than the one taken back last was answered, what was taken back is past.</summary>
    private void Forget(Guid imageId)
    {
        if (_undone.TryPop(out var last) && last.ImageId != imageId)
        {
            _undone.Clear();
        }
    }

    /// <summary>Counting a large project takes longer than a reader should wait for the next image; what one answer adds is known.</summary>
    private void Count(AnswerKind kind)
    {
        if (kind == AnswerKind.Label)
        {
            Progress = Progress with { Labelled = Progress.Labelled + 1 };
        }
    }

    private async Task RefreshNeighboursAsync(CancellationToken cancellationToken)
    {
        if (Neighbours is not null)
        {
            Neighbours = Current is null ? [] : await labelling.NeighboursAsync(projectId, Current.Id, NeighboursShown, cancellationToken);
        }
    }

    private async Task<Delivery> DeliverAsync(SentAnswer answer, CancellationToken cancellationToken)
    {
        IsSaving = true;
        try
        {
            var stored = await TryAsync(() => labelling.AnswerAsync(answer.By(readerId, projectId), cancellationToken));
            Problem = stored.Error;
            if (!stored.Succeeded)
            {
                // Pressed again, it is tried again.
                _underway = null;
                return Delivery.Refused;
            }

            var given = new ReaderAnswer(answer.ImageId, answer.Kind, answer.ClassIndex, answer.ElapsedMilliseconds);
            (Last, Why) = (new LastAnswer(LastAnswerState.Stored, given), null);
            Session.Add(given, time);
            Forget(answer.ImageId);
            Count(answer.Kind);
            Queue = Queue with { Images = [.. Queue.Images.Where(i => i.Id != answer.ImageId)] };
            (_visible, _broken) = (null, null);
            await RefreshAsync(cancellationToken);
            return Delivery.Stored;
        }
        finally
        {
            IsSaving = false;
        }
    }

    private async Task<Delivery> ReviseAsync(SentAnswer answer, CancellationToken cancellationToken)
    {
        IsSaving = true;
        try
        {
            var stored = await TryAsync(() => secondLooks.ReviseAsync(answer.By(readerId, projectId), cancellationToken));
            Problem = stored.Error;
            if (!stored.Succeeded)
            {
                _underway = null;
                return Delivery.Refused;
            }

            Last = new LastAnswer(LastAnswerState.Stored, new ReaderAnswer(answer.ImageId, answer.Kind, answer.ClassIndex, answer.ElapsedMilliseconds));
            PutInFront(null);
            return Delivery.Stored;
        }
        finally
        {
            IsSaving = false;
        }
    }

    private static async Task<Result> TryAsync(Func<Task<Result>> store)
    {
        try
        {
            return await store();
        }
        catch (Exception failed) when (failed is Microsoft.Data.Sqlite.SqliteException or Microsoft.EntityFrameworkCore.DbUpdateException or IOException)
        {
            return Result.Refused("The answer could not be stored. The image stays; please press again.");
        }
    }

    private void PutInFront(SecondLook? look) => (Look, Why, _visible, _broken) = (look, null, null, null);

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var queue = await labelling.OpenAsync(projectId, readerId, Held, cancellationToken);
        // What the reader holds can be looked at while nothing can be stored.
        Queue = queue.State == QueueState.Postponed && Current is not null ? Queue : queue;
        await RefreshNeighboursAsync(cancellationToken);
    }
}
