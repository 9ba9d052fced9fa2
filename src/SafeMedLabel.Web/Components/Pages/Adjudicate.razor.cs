using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.JSInterop;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Web.Model;

namespace SafeMedLabel.Web.Components.Pages;

/// <summary>Decides, one after the other, the images whose readers do not agree.</summary>
public sealed partial class Adjudicate : IAsyncDisposable
{
    private IReadOnlyList<DisputedImage> _disputed = [];
    private DotNetObjectReference<Adjudicate>? _self;
    private IJSObjectReference? _keyboard;
    private string? _problem;
    private string? _lastAction;
    private Guid _clientKey = Guid.NewGuid();
    private Guid _visible;
    private Guid _first;
    private bool _saving;

    /// <summary>Finds and decides.</summary>
    [Inject]
    public required AdjudicationService Adjudications { get; init; }

    /// <summary>The browser.</summary>
    [Inject]
    public required IJSRuntime Js { get; init; }

    [CascadingParameter]
    private Task<AuthenticationState> Authentication { get; set; } = default!;

    private DisputedImage? Current => _disputed.Count > 0 ? _disputed[0] : null;

    /// <summary>A key was pressed. Called by the page's script.</summary>
    [JSInvokable]
    public async Task PressAsync(string key)
    {
        await (key switch
        {
            "undo" => TakeBackAsync(),
            "f" => DecideAsync(null),
            [>= '1' and <= '9'] when Project!.Classes.Exists(c => c.Index == key[0] - '1') => DecideAsync(key[0] - '1'),
            _ => Task.CompletedTask,
        });
        StateHasChanged();
    }

    /// <summary>The image in front is on the screen. Called by the page's script.</summary>
    [JSInvokable]
    public void Shown(Guid imageId) => _visible = imageId;

    /// <summary>The image in front cannot be drawn. Called by the page's script.</summary>
    [JSInvokable]
    public void NotShown(Guid imageId)
    {
        _problem = "This image cannot be shown. Reload the page, or say that it is unreadable.";
        StateHasChanged();
    }

    /// <inheritdoc />
    protected override async Task LoadAsync() => _disputed = await Adjudications.DisputedAsync(ProjectId, Left);

    /// <inheritdoc />
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (Current is not { } current)
        {
            return;
        }

        if (_self is null)
        {
            _self = DotNetObjectReference.Create(this);
            var module = await Js.InvokeAsync<IJSObjectReference>("import", Left, "/assets/js/labelling.js");
            _keyboard = await module.InvokeAsync<IJSObjectReference>("attach", Left, _self);
        }

        if (_keyboard is not null && _visible != current.ImageId)
        {
            await _keyboard.InvokeVoidAsync("watch", Left, current.ImageId);
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        Dispose();
        try
        {
            if (_keyboard is not null)
            {
                await _keyboard.InvokeVoidAsync("detach");
                await _keyboard.DisposeAsync();
            }
        }
        catch (JSDisconnectedException)
        {
            // The browser is gone, and its listeners with it.
        }

        _self?.Dispose();
    }

    private string Name(int? classIndex) => classIndex is null ? "Unreadable" : Project!.Classes.Find(c => c.Index == classIndex)?.Name ?? "–";

    private async Task DecideAsync(int? classIndex)
    {
        // Nobody decides what they have not seen.
        if (_saving || Current is not { } current || (classIndex is not null && _visible != current.ImageId))
        {
            return;
        }

        await SaveAsync(async adjudicator =>
        {
            var stored = await Adjudications.DecideAsync(ProjectId, current.ImageId, adjudicator, classIndex, _clientKey, Left);
            _problem = stored.Error;
            _lastAction = stored.Succeeded ? $"Decided: {Name(classIndex)}." : null;
        });
    }

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
            _clientKey = Guid.NewGuid();
            await LoadAsync();
            _disputed = [.. _disputed.OrderBy(d => d.ImageId == _first ? 0 : 1)];
        }
        finally
        {
            _saving = false;
        }
    }
}
