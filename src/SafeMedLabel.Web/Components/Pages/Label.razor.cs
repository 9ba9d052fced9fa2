using System.Globalization;
using Microsoft.AspNetCore.Components;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Web.Model;

namespace SafeMedLabel.Web.Components.Pages;

/// <summary>The labelling page: keys and clicks to the view model, and back to the screen.</summary>
public sealed partial class Label
{
    private static readonly TimeSpan CountInterval = TimeSpan.FromSeconds(10);

    private LabellingViewModel? _model;
    private long _counted;
    private bool _help;

    /// <summary>Stores answers.</summary>
    [Inject]
    public required LabellingService Labelling { get; init; }

    /// <summary>Shows what the model says of what was answered.</summary>
    [Inject]
    public required SecondLookService SecondLooks { get; init; }

    /// <summary>To the grid.</summary>
    [Inject]
    public required NavigationManager Navigation { get; init; }

    /// <summary>The clock.</summary>
    [Inject]
    public required TimeProvider Time { get; init; }

    /// <inheritdoc />
    protected override Guid? Awaited => _model is { IsVisible: false } ? _model.Front : null;

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

    /// <inheritdoc />
    protected override Task<Delivery> StoreAsync(SentAnswer answer) => _help ? Task.FromResult(Delivery.NotTaken) : _model!.AnswerAsync(answer, Left);

    /// <inheritdoc />
    protected override Task DoAsync(string key) => key switch
    {
        "?" => ToggleHelp(),
        "undo" => UndoAsync(),
        "redo" => _model!.RedoAsync(Left),
        "escape" => _help || _model!.Look is null ? CloseHelp() : ToggleLookAsync(),
        _ when _help => Task.CompletedTask,
        "n" => ToggleNeighboursAsync(),
        "w" => ToggleWhyAsync(),
        "m" => ToggleLookAsync(),
        "g" => GoToGrid(),
        _ => Task.CompletedTask,
    };

    /// <inheritdoc />
    protected override void OnShown(Guid imageId) => _model!.Shown(imageId);

    /// <inheritdoc />
    protected override void OnNotShown(Guid imageId) => _model!.NotShown(imageId);

    /// <inheritdoc />
    protected override async Task LoadAsync()
    {
        if (_model is null)
        {
            _model = new LabellingViewModel(Labelling, SecondLooks, ProjectId, (await Authentication).UserId());
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

    private Task GoToGrid()
    {
        if (Project!.GridAllowed)
        {
            Navigation.NavigateTo($"/projects/{ProjectId}/grid");
        }

        return Task.CompletedTask;
    }

    private Task ToggleLookAsync() => _model!.ToggleLookAsync(Left);

    private Task ToggleWhyAsync() => _model!.ToggleWhyAsync(Left);

    private Task ToggleNeighboursAsync() => _model!.ToggleNeighboursAsync(Left);

    private Task<bool> UndoAsync() => _model!.UndoAsync(Left);

    private string Explain(WhyShown why) => why switch
    {
        { Reason: QueueReason.Audit } => $"It was drawn at random from the whole pool, to find mistakes that round {why.RoundNumber}'s model is sure of.",
        { Reason: QueueReason.SecondReading } => "A colleague reads it too, and a second, independent reading was wanted.",
        { Reason: QueueReason.Grid } => $"The model of round {why.RoundNumber} took it for the class that the grid was of.",
        { Reason: QueueReason.GridException } => "You marked it in a grid as an exception.",
        { Rank: { } rank, Score: { } score } => string.Create(
            CultureInfo.InvariantCulture,
            $"It was number {rank:n0} of {why.Ranked:n0} by uncertainty ({score:0.000}), ranked by round {why.RoundNumber} {Show.Duration(Time.GetUtcNow().UtcDateTime - why.RankedUtc)} ago."),
        _ => "It was next in random order: no round has ranked it yet.",
    };

    private string Describe(LastAnswer last) => (last.State, Name(last.Answer)) switch
    {
        (LastAnswerState.Stored, var name) => $"Stored: {name}.",
        (LastAnswerState.TakenBack, var name) => $"Taken back: {name}.",
        (_, var name) => $"Your last answer: {name}.",
    };

    private string Name(int? classIndex) => Project!.Classes.Find(c => c.Index == classIndex)?.Name ?? "a class";

    private string Name(ReaderAnswer answer) => answer.Kind switch
    {
        AnswerKind.Label => Name(answer.ClassIndex),
        AnswerKind.Skip => "skipped",
        _ => "unreadable",
    };
}
