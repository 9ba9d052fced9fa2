using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.JSInterop;
using SafeMedLabel.Web.Model;

namespace SafeMedLabel.Web.Components.Controls;

/// <summary>
/// A page where somebody looks at images and answers. Keys, the viewer, and the answer on its way are the matter of its script,
/// <c>labelling.js</c>, which calls the methods marked for it.
/// </summary>
public abstract class ReadingPage : ProjectPage, IAsyncDisposable
{
    private DotNetObjectReference<ReadingPage>? _self;
    private IJSObjectReference? _script;

    /// <summary>The browser.</summary>
    [Inject]
    public required IJSRuntime Js { get; init; }

    /// <summary>Who reads.</summary>
    [CascadingParameter]
    protected Task<AuthenticationState> Authentication { get; set; } = default!;

    /// <summary>The image in front, until the browser says that it shows it.</summary>
    protected abstract Guid? Awaited { get; }

    /// <summary>An answer was given.</summary>
    [JSInvokable]
    public async Task<Delivery> AnswerAsync(SentAnswer answer)
    {
        var delivery = await StoreAsync(answer);
        StateHasChanged();
        return delivery;
    }

    /// <summary>A key was pressed that is no answer: its letter, or 'undo', 'redo', 'escape'.</summary>
    [JSInvokable]
    public async Task PressAsync(string key)
    {
        await DoAsync(key);
        StateHasChanged();
    }

    /// <summary>The image is on the screen.</summary>
    [JSInvokable]
    public void Shown(Guid imageId) => OnShown(imageId);

    /// <summary>The image cannot be drawn.</summary>
    [JSInvokable]
    public void NotShown(Guid imageId)
    {
        OnNotShown(imageId);
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

    /// <summary>Stores an answer.</summary>
    protected abstract Task<Delivery> StoreAsync(SentAnswer answer);

    /// <summary>Does what a key stands for; nothing where it stands for nothing.</summary>
    protected abstract Task DoAsync(string key);

    /// <summary>The browser shows an image.</summary>
    protected abstract void OnShown(Guid imageId);

    /// <summary>The browser cannot show an image.</summary>
    protected abstract void OnNotShown(Guid imageId);

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
            var module = await Js.InvokeAsync<IJSObjectReference>("import", Left, "/assets/js/labelling.js");
            _script = await module.InvokeAsync<IJSObjectReference>("attach", Left, _self);
        }

        if (_script is not null && Awaited is { } awaited)
        {
            await _script.InvokeVoidAsync("watch", Left, awaited);
        }
    }
}
