using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.JSInterop;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Web.Model;

namespace SafeMedLabel.Web.Components.Pages;

/// <summary>The labelling page: keys and clicks to the view model, and back to the screen.</summary>
public sealed partial class Label : IAsyncDisposable
{
    private static readonly TimeSpan CountInterval = TimeSpan.FromSeconds(10);

    private LabellingViewModel? _model;
    private DotNetObjectReference<Label>? _self;
    private IJSObjectReference? _keyboard;
    private long _counted;
    private bool _help;

    /// <summary>Stores answers.</summary>
    [Inject]
    public required LabellingService Labelling { get; init; }

    /// <summary>The browser.</summary>
    [Inject]
    public required IJSRuntime Js { get; init; }

    /// <summary>The clock.</summary>
    [Inject]
    public required TimeProvider Time { get; init; }

    [CascadingParameter]
    private Task<AuthenticationState> Authentication { get; set; } = default!;

    private string Width => string.Create(CultureInfo.InvariantCulture, $"{100.0 * _model!.Progress.Labelled / Math.Max(1, _model.Progress.PoolSize):0.##}%");

    private string EmptyTitle => _model!.Queue.State switch
    {
        QueueState.AllWithColleagues => "The rest is with colleagues",
        QueueState.OthersToRead => "Your part is done",
        QueueState.Finished => "All done",
        _ => "No images yet",
    };

    private string EmptyText => _model!.Queue.State switch
    {
        QueueState.AllWithColleagues => $"All remaining images are being read until {_model.Queue.NextFreeUtc:HH:mm} UTC; this page looks again by itself.",
        QueueState.OthersToRead => "You have read every image there is for you. Some still want another reader; this page looks again by itself.",
        QueueState.Finished => "Every image in the queue has its answer. Thank you.",
        _ => "An admin imports images; they will be here then.",
    };

    /// <summary>A key was pressed. Called by the page's script.</summary>
    [JSInvokable]
    public async Task PressAsync(string key)
    {
        await (key switch
        {
            "?" => ToggleHelp(),
            "undo" => UndoAsync(),
            "redo" => _model!.RedoAsync(Describe, Left),
            "escape" => CloseHelp(),
            _ when _help => Task.CompletedTask,
            " " => SkipAsync(),
            "f" => FlagAsync(),
            "n" => ToggleNeighboursAsync(),
            "w" => ToggleWhyAsync(),
            [>= '1' and <= '9'] => LabelAsync(key[0] - '1'),
            _ => Task.CompletedTask,
        });
        StateHasChanged();
    }

    /// <summary>The image in front is on the screen. Called by the page's script.</summary>
    [JSInvokable]
    public void Shown(Guid imageId) => _model?.Shown(imageId);

    /// <summary>The image in front cannot be drawn. Called by the page's script.</summary>
    [JSInvokable]
    public void NotShown(Guid imageId)
    {
        _model?.NotShown(imageId);
        StateHasChanged();
    }

    /// <inheritdoc />
    protected override async Task LoadAsync()
    {
        if (_model is null)
        {
            _model = new LabellingViewModel(Labelling, Time, ProjectId, (await Authentication).UserId());
            await _model.OpenAsync(Left);
            _counted = Time.GetTimestamp();
            _ = WatchAsync();
        }
        else if (_model.Queue.State is QueueState.AllWithColleagues or QueueState.OthersToRead && !_model.IsSaving)
        {
            await _model.OpenAsync(Left);
        }
        else if (Time.GetElapsedTime(_counted) >= CountInterval)
        {
            _counted = Time.GetTimestamp();
            await _model.RefreshProgressAsync(Left);
        }
    }

    /// <inheritdoc />
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (_model is null)
        {
            return;
        }

        if (_self is null)
        {
            _self = DotNetObjectReference.Create(this);
            var module = await Js.InvokeAsync<IJSObjectReference>("import", Left, "/assets/js/labelling.js");
            _keyboard = await module.InvokeAsync<IJSObjectReference>("attach", Left, _self);
        }

        if (_keyboard is not null && _model is { Current: { } current, IsVisible: false })
        {
            await _keyboard.InvokeVoidAsync("watch", Left, current.Id);
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

    private Task ToggleHelp()
    {
        _help = !_help;
        return Task.CompletedTask;
    }

    private Task CloseHelp()
    {
        _help = false;
        return Task.CompletedTask;
    }

    private Task LabelAsync(int classIndex) => Project!.Classes.Find(c => c.Index == classIndex) is { } answer
        ? _model!.AnswerAsync(AnswerKind.Label, classIndex, answer.Name, Left)
        : Task.CompletedTask;

    private Task<bool> SkipAsync() => _model!.AnswerAsync(AnswerKind.Skip, null, "skipped", Left);

    private Task<bool> FlagAsync() => _model!.AnswerAsync(AnswerKind.Unreadable, null, "unreadable", Left);

    private Task ToggleWhyAsync() => _model!.ToggleWhyAsync(Left);

    private Task ToggleNeighboursAsync() => _model!.ToggleNeighboursAsync(Left);

    private Task<bool> UndoAsync() => _model!.UndoAsync(Describe, Left);

    private string Explain(WhyShown why) => why switch
    {
        { Reason: QueueReason.Audit } => $"It was drawn at random from the whole pool, to find mistakes that round {why.RoundNumber}'s model is sure of.",
        { Reason: QueueReason.SecondReading } => "A colleague reads it too, and a second, independent reading was wanted.",
        { Rank: { } rank, Score: { } score } => string.Create(
            CultureInfo.InvariantCulture,
            $"It was number {rank:n0} of {why.Ranked:n0} by uncertainty ({score:0.000}), ranked by round {why.RoundNumber} {Show.Duration(Time.GetUtcNow().UtcDateTime - why.RankedUtc)} ago."),
        _ => "It was next in random order: no round has ranked it yet.",
    };

    private string Describe(UndoneAnswer undone) => undone.Kind switch
    {
        AnswerKind.Label => Project!.Classes.Find(c => c.Index == undone.ClassIndex)?.Name ?? "a class",
        AnswerKind.Skip => "skipped",
        _ => "unreadable",
    };
}
