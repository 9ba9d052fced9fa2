using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.JSInterop;

namespace SafeMedLabel.Web.Components.Controls;

/// <summary>A project's page whose keys and buttons are heard by a script of its own, which calls the methods marked for it.</summary>
public abstract class ScriptedPage : ProjectPage, IAsyncDisposable
{
    private DotNetObjectReference<ScriptedPage>? _self;
    private IJSObjectReference? _script;

    /// <summary>The browser.</summary>
    [Inject]
    public required IJSRuntime Js { get; init; }

    /// <summary>Who is at the page.</summary>
    [CascadingParameter]
    protected Task<AuthenticationState> Authentication { get; set; } = default!;

    /// <summary>Address of the script.</summary>
    protected abstract string Module { get; }

    /// <summary>What the script is to watch for until it says that it is on the screen; null while there is nothing.</summary>
    protected abstract Guid? Awaited { get; }

    /// <summary>A key was pressed that is no answer: its letter, or 'undo', 'redo', 'escape'.</summary>
    [JSInvokable]
    public async Task PressAsync(string key)
    {
        await DoAsync(key);
        StateHasChanged();
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        Dispose();
        GC.SuppressFinalize(this);
        try
        {
            if (_script is not null)
            {
                await _script.InvokeVoidAsync("detach");
                await _script.DisposeAsync();
            }
        }
        catch (JSDisconnectedException)
        {
            // The browser is gone, and its listeners with it.
        }

        _self?.Dispose();
    }

    /// <summary>Does what a key stands for; nothing where it stands for nothing.</summary>
    protected abstract Task DoAsync(string key);

    /// <inheritdoc />
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!IsLoaded || Project is null)
        {
            return;
        }

        if (_self is null)
        {
            _self = DotNetObjectReference.Create(this);
            var module = await Js.InvokeAsync<IJSObjectReference>("import", Left, Module);
            _script = await module.InvokeAsync<IJSObjectReference>("attach", Left, _self);
        }

        if (_script is not null && Awaited is { } awaited)
        {
            await _script.InvokeVoidAsync("watch", Left, awaited);
        }
    }
}
