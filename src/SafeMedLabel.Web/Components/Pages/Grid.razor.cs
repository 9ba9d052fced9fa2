using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Web.Model;

namespace SafeMedLabel.Web.Components.Pages;

/// <summary>Many images of one proposed class at once: the reader marks the exceptions and confirms the others.</summary>
public sealed partial class Grid
{
    private readonly Stack<IReadOnlyList<Guid>> _stored = new();
    private GridView? _grid;
    private Guid _key;
    private string? _problem;
    private string? _lastAction;
    private int _sessionLabels;
    private bool _saving;

    /// <summary>Hands grids out and stores what is said of them.</summary>
    [Inject]
    public required GridService Grids { get; init; }

    /// <summary>To the page for one image at a time.</summary>
    [Inject]
    public required NavigationManager Navigation { get; init; }

    /// <inheritdoc />
    protected override string Module => "/assets/js/grid.js";

    /// <inheritdoc />
    protected override Guid? Awaited => _grid?.State == GridState.Ready ? _key : null;

    private string ClassName => Project!.Classes.Find(c => c.Index == _grid!.ClassIndex)?.Name ?? "–";

    private string EmptyTitle => _grid!.State switch
    {
        GridState.SwitchedOff => "Every image is read alone",
        GridState.NoRound => "No round has proposed classes yet",
        _ => "No grid is left",
    };

    private string EmptyText => _grid!.State switch
    {
        GridState.SwitchedOff => "A lead has switched grids off for this project.",
        GridState.NoRound => "Once a round is completed, images that its model takes for the same class can be read many at once.",
        _ => $"There is no more image that the model takes for {ClassName} and that may be read so. The rest is read one by one.",
    };

    /// <summary>A grid was confirmed.</summary>
    [JSInvokable]
    public async Task<Delivery> SubmitAsync(SentGrid grid)
    {
        if (_saving || _grid?.State != GridState.Ready)
        {
            return Delivery.NotTaken;
        }

        _saving = true;
        try
        {
            var reader = (await Authentication).UserId();
            var stored = await Grids.SubmitAsync(grid.By(reader, ProjectId), Left);
            _problem = stored.Error;
            if (!stored.Succeeded)
            {
                return Delivery.Refused;
            }

            _stored.Push(grid.Confirmed);
            _sessionLabels += stored.Value;
            _lastAction = Describe(stored.Value, grid);
            await OpenAsync(grid.ClassIndex);
            return Delivery.Stored;
        }
        finally
        {
            _saving = false;
            StateHasChanged();
        }
    }

    /// <inheritdoc />
    protected override Task DoAsync(string key)
    {
        switch (key)
        {
            case "undo":
                return UndoAsync();
            case "g":
                Navigation.NavigateTo($"/projects/{ProjectId}/label");
                return Task.CompletedTask;
            case [>= '1' and <= '9'] when Project!.Classes.Exists(c => c.Index == key[0] - '1'):
                return OpenAsync(key[0] - '1');
            default:
                return Task.CompletedTask;
        }
    }

    /// <inheritdoc />
    protected override Task LoadAsync() => _grid is null ? OpenAsync(null) : Task.CompletedTask;

    private async Task OpenAsync(int? classIndex)
    {
        _grid = await Grids.OpenAsync(ProjectId, (await Authentication).UserId(), classIndex, Left);
        _key = Guid.NewGuid();
    }

    private async Task UndoAsync()
    {
        if (_saving || !_stored.TryPeek(out var images))
        {
            return;
        }

        _saving = true;
        try
        {
            var takenBack = await Grids.TakeBackAsync(ProjectId, (await Authentication).UserId(), images, Left);
            _problem = takenBack.Error;
            if (takenBack.Succeeded)
            {
                _stored.Pop();
                _sessionLabels = Math.Max(0, _sessionLabels - images.Count);
                _lastAction = $"Taken back: {Show.Count(images.Count, "answer")}.";
                await OpenAsync(null);
            }
        }
        finally
        {
            _saving = false;
        }
    }

    private string Describe(int stored, SentGrid grid)
    {
        var told = $"Stored: {Show.Count(stored)} × {ClassName}.";
        told += stored < grid.Confirmed.Count ? $" {Show.Count(grid.Confirmed.Count - stored)} had gone to colleagues meanwhile." : "";
        return told + (grid.Exceptions.Count > 0 ? $" {Show.Count(grid.Exceptions.Count, "exception")}: next, one by one (G)." : "");
    }
}
