using SafeMedLabel.Application;
using SafeMedLabel.Application.Labelling;

namespace SafeMedLabel.Web.Model;

/// <summary>
/// A reader at the queue: the image in front, those behind it, and the rule that nothing moves before the database has the
/// answer. Not for several threads: a circuit runs one thing at a time.
/// </summary>
public sealed class LabellingViewModel(LabellingService labelling, TimeProvider time, int projectId, string readerId)
{
    /// <summary>Images held at once: one in front, the others loading behind it.</summary>
    private const int Held = 4;

    /// <summary>A patient's other images that are shown for comparison.</summary>
    private const int NeighboursShown = 12;

    private readonly Stack<UndoneAnswer> _undone = new();
    private AnswerRequest? _unsaved;
    private Guid? _answered;
    private long _shownAt;

    /// <summary>What the queue has.</summary>
    public QueueView Queue { get; private set; } = new(QueueState.Empty, [], null);

    /// <summary>The image in front; null when there is none.</summary>
    public QueueImage? Current => Queue.Images.Count > 0 ? Queue.Images[0] : null;

    /// <summary>How far the project is; this reader's own answers at once, colleagues' when <see cref="RefreshProgressAsync"/> is called.</summary>
    public LabellingProgress Progress { get; private set; } = new(0, 0, 0);

    /// <summary>Labels this reader gave since the page was opened, less those taken back.</summary>
    public int SessionLabels { get; private set; }

    /// <summary>True while an answer is on its way; keys are not heard then.</summary>
    public bool IsSaving { get; private set; }

    /// <summary>True once the image in front can be seen; before, no key counts: nobody labels what they have not seen.</summary>
    public bool IsVisible { get; private set; }

    /// <summary>True where the browser could not show the image in front.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Why the last answer was not stored; null when it was.</summary>
    public string? Problem { get; private set; }

    /// <summary>What was stored or taken back last, for the reader's eye and for screen readers.</summary>
    public string? LastAction { get; private set; }

    /// <summary>Why the image that was answered last had been shown; null while the reader does not ask.</summary>
    public WhyShown? Why { get; private set; }

    /// <summary>True where there is an answer whose image's reason may be told.</summary>
    public bool CanAskWhy => _answered is not null;

    /// <summary>The answer that was taken back, while its image is in front again.</summary>
    public UndoneAnswer? Undone => _undone.TryPeek(out var last) && last.ImageId == Current?.Id ? last : null;

    /// <summary>Other images of the patient whose image is in front; null while the reader does not ask for them.</summary>
    public IReadOnlyList<Guid>? Neighbours { get; private set; }

    /// <summary>Leases the first images.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken = default)
    {
        await RefreshAsync(cancellationToken);
        await RefreshProgressAsync(cancellationToken);
    }

    /// <summary>Counts anew what the project has.</summary>
    public async Task RefreshProgressAsync(CancellationToken cancellationToken = default) => Progress = await labelling.ProgressAsync(projectId, cancellationToken);

    /// <summary>The browser shows the image.</summary>
    public void Shown(Guid imageId)
    {
        if (Current?.Id == imageId && !IsVisible)
        {
            IsVisible = true;
            _shownAt = time.GetTimestamp();
        }
    }

    /// <summary>The browser cannot show the image: it may be skipped or flagged, but nobody labels what they have not seen.</summary>
    public void NotShown(Guid imageId)
    {
        if (Current?.Id == imageId && !IsVisible)
        {
            IsBroken = true;
            Problem = "This image cannot be shown. Skip it, flag it as unreadable, or reload the page.";
        }
    }

    /// <summary>
    /// Stores an answer for the image in front and moves on. Returns false, and stays, when nothing can be answered now or
    /// the answer could not be stored; a further call with the same answer tries again without storing twice.
    /// </summary>
    public async Task<bool> AnswerAsync(AnswerKind kind, int? classIndex, string name, CancellationToken cancellationToken = default)
    {
        var maySay = IsVisible || (IsBroken && kind != AnswerKind.Label);
        if (IsSaving || !maySay || Current is not { } image)
        {
            return false;
        }

        if (_unsaved?.ImageId != image.Id || _unsaved.Kind != kind || _unsaved.ClassIndex != classIndex)
        {
            _unsaved = new AnswerRequest(projectId, image.Id, readerId, kind, classIndex, (int)time.GetElapsedTime(_shownAt).TotalMilliseconds, Guid.NewGuid());
        }

        IsSaving = true;
        try
        {
            var stored = await StoreAsync(_unsaved, cancellationToken);
            Problem = stored.Error;
            if (!stored.Succeeded)
            {
                return false;
            }

            LastAction = $"Stored: {name}.";
            Forget(image.Id);
            Count(kind);
            (_answered, Why) = (kind == AnswerKind.Skip ? null : image.Id, null);
            _unsaved = null;
            await AdvanceAsync(image, cancellationToken);
            return true;
        }
        finally
        {
            IsSaving = false;
        }
    }

    /// <summary>Takes the last answer back and shows its image again.</summary>
    public async Task<bool> UndoAsync(Func<UndoneAnswer, string> describe, CancellationToken cancellationToken = default)
    {
        if (IsSaving)
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
            (_answered, Why) = (null, null);
            SessionLabels -= undone.Value.Kind == AnswerKind.Label && SessionLabels > 0 ? 1 : 0;
            LastAction = $"Taken back: {describe(undone.Value)}.";
            await OpenAsync(cancellationToken);
            return true;
        }
        finally
        {
            IsSaving = false;
        }
    }

    /// <summary>Gives the answer that was taken back last once more.</summary>
    public Task<bool> RedoAsync(Func<UndoneAnswer, string> describe, CancellationToken cancellationToken = default) =>
        Undone is { } undone ? AnswerAsync(undone.Kind, undone.ClassIndex, describe(undone), cancellationToken) : Task.FromResult(false);

    /// <summary>Tells why the image that was answered last had been shown, or no longer.</summary>
    public async Task ToggleWhyAsync(CancellationToken cancellationToken = default) =>
        Why = Why is null && _answered is { } image ? await labelling.WhyAsync(projectId, image, readerId, cancellationToken) : null;

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
            SessionLabels++;
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

    private async Task<Result> StoreAsync(AnswerRequest answer, CancellationToken cancellationToken)
    {
        try
        {
            return await labelling.AnswerAsync(answer, cancellationToken);
        }
        catch (Exception failed) when (failed is Microsoft.Data.Sqlite.SqliteException or Microsoft.EntityFrameworkCore.DbUpdateException or IOException)
        {
            return Result.Refused("The answer could not be stored. The image stays; please press again.");
        }
    }

    private async Task AdvanceAsync(QueueImage answered, CancellationToken cancellationToken)
    {
        Queue = Queue with { Images = [.. Queue.Images.Where(i => i.Id != answered.Id)] };
        await RefreshAsync(cancellationToken);
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        Queue = await labelling.OpenAsync(projectId, readerId, Held, cancellationToken);
        await RefreshNeighboursAsync(cancellationToken);
        IsVisible = false;
        IsBroken = false;
    }
}
