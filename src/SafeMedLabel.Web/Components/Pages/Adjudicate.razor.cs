using Microsoft.AspNetCore.Components;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Web.Model;

namespace SafeMedLabel.Web.Components.Pages;

/// <summary>Decides, one after the other, the images whose readers do not agree.</summary>
public sealed partial class Adjudicate
{
    private IReadOnlyList<DisputedImage> _disputed = [];
    private string? _problem;
    private string? _lastAction;
    private Guid? _visible;
    private Guid _first;
    private bool _saving;

    /// <summary>Finds and decides.</summary>
    [Inject]
    public required AdjudicationService Adjudications { get; init; }

    /// <inheritdoc />
    protected override Guid? Awaited => _visible is null ? Current?.ImageId : null;

    private DisputedImage? Current => _disputed.Count > 0 ? _disputed[0] : null;

    /// <inheritdoc />
    protected override async Task<Delivery> StoreAsync(SentAnswer answer)
    {
        // Nobody decides what they have not seen.
        if (_saving || Current?.ImageId != answer.ImageId || (answer.Kind == AnswerKind.Label && _visible != answer.ImageId))
        {
            return Delivery.NotTaken;
        }

        await SaveAsync(async adjudicator =>
        {
            var stored = await Adjudications.DecideAsync(ProjectId, answer.ImageId, adjudicator, answer.ClassIndex, answer.ClientKey, Left);
            _problem = stored.Error;
            _lastAction = stored.Succeeded ? T["Decided: {0}.", Name(answer.ClassIndex)] : null;
        });
        return _problem is null ? Delivery.Stored : Delivery.Refused;
    }

    /// <inheritdoc />
    protected override Task DoAsync(string command) => command == "undo" ? TakeBackAsync() : Task.CompletedTask;

    /// <inheritdoc />
    protected override void OnShown(Guid imageId)
    {
        // The browser may still tell of the image that was in front before.
        if (Current?.ImageId == imageId)
        {
            _visible = imageId;
        }
    }

    /// <inheritdoc />
    protected override void OnNotShown(Guid imageId, string? lost) =>
        _problem = lost ?? "This image cannot be shown. Reload the page, or say that it is unreadable.";

    /// <inheritdoc />
    protected override async Task LoadAsync()
    {
        var before = Current?.ImageId;
        _disputed = [.. (await Adjudications.DisputedAsync(ProjectId, Left)).OrderBy(d => d.ImageId == _first ? 0 : 1)];
        if (Current?.ImageId != before)
        {
            _visible = null;
        }
    }

    private string Name(int? classIndex) => classIndex is null ? T["Unreadable"] : Project!.Classes.Find(c => c.Index == classIndex)?.Name ?? "–";

    private Task TakeBackAsync() => _saving ? Task.CompletedTask : SaveAsync(async adjudicator =>
    {
        var takenBack = await Adjudications.TakeBackAsync(ProjectId, adjudicator, Left);
        _problem = takenBack.Error;
        _first = takenBack.Value;
        _lastAction = null;
    });

    private async Task SaveAsync(Func<string, Task> save)
    {
        _saving = true;
        try
        {
            await save((await Authentication).UserId());
            await LoadAsync();
        }
        finally
        {
            _saving = false;
        }
    }
}
