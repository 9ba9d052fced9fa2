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
        GridState.SwitchedOff => T["Every image is read alone"],
        GridState.NoRound => T["No round has proposed classes yet"],
        GridState.Denied => T["This project is no longer open to you"],
        GridState.Postponed => T["Nothing can be stored at the moment"],
        _ => T["No grid is left"],
    };

    private string EmptyText => _grid!.State switch
    {
        GridState.SwitchedOff => T["A lead has switched grids off for this project."],
        GridState.NoRound => T["Once a round is completed, images that its model takes for the same class can be read many at once."],
        GridState.Denied => T["Your account or your role has changed. Your stored answers stay; an admin of your site can open the project to you again."],
        GridState.Postponed => T["No image can be handed out until it can be; reload this page then."],
        _ => T["There is no more image that the model takes for {0} and that may be read so. The rest is read one by one.", ClassName],
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
    protected override Task DoAsync(string command)
    {
        switch (command)
        {
            case "undo":
                return UndoAsync();
            case "grid":
                Navigation.NavigateTo($"/projects/{ProjectId}/label");
                return Task.CompletedTask;
            case ['c', 'l', 'a', 's', 's', var digit] when Project!.Classes.Exists(c => c.Index == digit - '1'):
                return OpenAsync(digit - '1');
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
                _lastAction = T["Taken back: {0}.", $"{Show.Count(images.Count)} × {ClassName}"];
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
        var told = T["Stored: {0}.", $"{Show.Count(stored)} × {ClassName}"];
        told += stored < grid.Confirmed.Count ? " " + T["{0} had gone to colleagues meanwhile.", grid.Confirmed.Count - stored] : "";
        return told + (grid.Exceptions.Count > 0 ? " " + T["Exceptions, next one by one: {0}.", grid.Exceptions.Count] : "");
    }
}
