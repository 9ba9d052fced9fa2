using System.Text.Json;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.JSInterop;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Web.Languages;
using SafeMedLabel.Web.Model;

namespace SafeMedLabel.Web.Components.Controls;

/// <summary>A project's page whose keys and buttons are heard by a script of its own, which calls the methods marked for it.</summary>
public abstract class ScriptedPage : ProjectPage, IAsyncDisposable
{
    private DotNetObjectReference<ScriptedPage>? _self;
    private IJSObjectReference? _script;

    /// <summary>The browser.</summary>
    [Inject]
    public required IJSRuntime Js { get; init; }

    /// <summary>Keeps how people want to read.</summary>
    [Inject]
    public required PreferencesService PreferencesService { get; init; }

    /// <summary>Who is at the page.</summary>
    [CascadingParameter]
    protected Task<AuthenticationState> Authentication { get; set; } = default!;

    /// <summary>How they want to read.</summary>
    protected ReaderPreferences Preferences { get; private set; } = new() { UserId = "" };

    /// <summary>Their keys.</summary>
    protected ReadingKeys Keys { get; private set; } = new(new Dictionary<string, string>());

    /// <summary>What stands on the page, in their language.</summary>
    protected ReadingTexts T { get; private set; } = new(null);

    /// <summary>The page's look: the class of its outermost element.</summary>
    protected string Look => $"reading-room theme-{Preferences.Theme.ToString().ToLowerInvariant()} text-{Preferences.TextSize.ToString().ToLowerInvariant()}";

    /// <summary>The keys that are no answers, for the script: command by key.</summary>
    protected string KeysForScript => JsonSerializer.Serialize(Keys.All.ToDictionary(k => k.Value, k => k.Key), JsonSerializerOptions.Web);

    /// <summary>Address of the script.</summary>
    protected abstract string Module { get; }

    /// <summary>What the script is to watch for until it says that it is on the screen; null while there is nothing.</summary>
    protected abstract Guid? Awaited { get; }

    /// <summary>A key was pressed that is no answer: its command in <see cref="ReadingKeys"/>, or 'undo', 'redo', 'escape'.</summary>
    [JSInvokable]
    public async Task PressAsync(string command)
    {
        await DoAsync(command);
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

    /// <summary>Does what a key stands for; nothing where that is nothing here.</summary>
    protected abstract Task DoAsync(string command);

    /// <inheritdoc />
    protected override async Task OnParametersSetAsync()
    {
        Use(await PreferencesService.GetAsync((await Authentication).UserId(), Left));
        await base.OnParametersSetAsync();
    }

    /// <summary>Shows the page as somebody wants it.</summary>
    protected void Use(ReaderPreferences preferences)
    {
        Preferences = preferences;
        Keys = new ReadingKeys(preferences.Keys);
        T = new ReadingTexts(preferences.Language);
    }

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
