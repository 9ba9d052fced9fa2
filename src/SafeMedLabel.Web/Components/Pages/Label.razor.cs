using System.Globalization;
using Microsoft.AspNetCore.Components;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Web.Model;

namespace SafeMedLabel.Web.Components.Pages;

/// <summary>The labelling page: keys and clicks to the view model, and back to the screen.</summary>
public sealed partial class Label
{
    private static readonly TimeSpan CountInterval = TimeSpan.FromSeconds(10);

    private LabellingViewModel? _model;
    private long _counted;
    private Panel _panel;

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
        QueueState.AllWithColleagues => T["The rest is with colleagues"],
        QueueState.OthersToRead => T["Your part is done"],
        QueueState.Finished => T["All done"],
        QueueState.Denied => T["This project is no longer open to you"],
        QueueState.Postponed => T["Nothing can be stored at the moment"],
        _ => T["No images yet"],
    };

    private string EmptyText => _model!.Queue.State switch
    {
        QueueState.AllWithColleagues => T["All remaining images are being read until {0} UTC; this page looks again by itself.", _model.Queue.NextFreeUtc?.ToString("HH:mm", CultureInfo.InvariantCulture)],
        QueueState.OthersToRead => T["You have read every image there is for you. Some still want another reader; this page looks again by itself."],
        QueueState.Finished => T["Every image in the queue has its answer. Thank you."],
        QueueState.Denied => T["Your account or your role has changed. Your stored answers stay; an admin of your site can open the project to you again."],
        QueueState.Postponed => T["No image can be handed out until it can be; this page looks again by itself."],
        _ => T["An admin imports images; they will be here then."],
    };

    private bool IsBreakDue => Preferences.BreakMinutes is { } minutes && _model!.Session.IsBreakDue(TimeSpan.FromMinutes(minutes), Time);

    /// <inheritdoc />
    protected override Task<Delivery> StoreAsync(SentAnswer answer) => _panel != Panel.None ? Task.FromResult(Delivery.NotTaken) : _model!.AnswerAsync(answer, Left);

    /// <inheritdoc />
    protected override Task DoAsync(string command) => command switch
    {
        "help" => Do(() => Toggle(Panel.Help)),
        "undo" => UndoAsync(),
        "redo" => _model!.RedoAsync(Left),
        "escape" => _panel == Panel.None && _model!.Look is not null ? ToggleLookAsync() : Do(Close),
        _ when _panel != Panel.None => Task.CompletedTask,
        "neighbours" => ToggleNeighboursAsync(),
        "why" => ToggleWhyAsync(),
        "model" => ToggleLookAsync(),
        "grid" when Project!.GridAllowed => Do(() => Navigation.NavigateTo($"/projects/{ProjectId}/grid")),
        _ => Task.CompletedTask,
    };

    /// <inheritdoc />
    protected override void OnShown(Guid imageId) => _model!.Shown(imageId);

    /// <inheritdoc />
    protected override void OnNotShown(Guid imageId, string? lost) => _model!.NotShown(imageId, lost);

    /// <inheritdoc />
    protected override async Task LoadAsync()
    {
        if (_model is null)
        {
            _model = new LabellingViewModel(Labelling, SecondLooks, Time, ProjectId, (await Authentication).UserId());
            await _model.OpenAsync(Left);
            _counted = Time.GetTimestamp();
            _ = WatchAsync();
        }
        else if (_model.Queue.State is QueueState.AllWithColleagues or QueueState.OthersToRead or QueueState.Postponed && !_model.IsSaving)
        {
            await _model.OpenAsync(Left);
        }
        else if (Time.GetElapsedTime(_counted) >= CountInterval)
        {
            _counted = Time.GetTimestamp();
            await _model.RefreshProgressAsync(Left);
        }
    }

    private static Task Do(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    private string Is(Panel panel) => _panel == panel ? "true" : "false";

    private string Key(string command) => ReadingKeys.Display(Keys[command]);

    private void PutBreakOff() => _model!.Session.PutBreakOff(TimeSpan.FromMinutes(Preferences.BreakMinutes!.Value), Time);

    private void Toggle(Panel panel) => _panel = _panel == panel ? Panel.None : panel;

    private void Close() => _panel = Panel.None;

    private void UseAndClose(ReaderPreferences preferences)
    {
        Use(preferences);
        Close();
    }

    private Task ToggleLookAsync() => _model!.ToggleLookAsync(Left);

    private Task ToggleWhyAsync() => _model!.ToggleWhyAsync(Left);

    private Task ToggleNeighboursAsync() => _model!.ToggleNeighboursAsync(Left);

    private Task<bool> UndoAsync() => _model!.UndoAsync(Left);

    private string Explain(WhyShown why) => why switch
    {
        { Reason: QueueReason.LiveRanked } => T["A model that learns from the labels as they come was among the least sure of it."],
        { Reason: QueueReason.Audit, RoundNumber: null } => T["It was drawn at random from the whole pool."],
        { Reason: QueueReason.Audit } => T["It was drawn at random from the whole pool, to find mistakes that round {0}'s model is sure of.", why.RoundNumber],
        { Reason: QueueReason.SecondReading } => T["A colleague reads it too, and a second, independent reading was wanted."],
        { Reason: QueueReason.Gold } => T["Its class is known: it shows how reliably this project is read. Your answer stands."],
        { Reason: QueueReason.Grid } => T["The model of round {0} took it for the class that the grid was of.", why.RoundNumber],
        { Reason: QueueReason.GridException } => T["You marked it in a grid as an exception."],
        { Rank: { } rank, Score: { } score } => T[
            "It was number {0} of {1} by uncertainty ({2}), ranked by round {3} {4} ago.",
            Show.Count(rank),
            Show.Count(why.Ranked),
            score.ToString("0.000", CultureInfo.InvariantCulture),
            why.RoundNumber,
            Show.Duration(Time.GetUtcNow().UtcDateTime - why.RankedUtc)],
        _ => T["It was next in random order: no round has ranked it yet."],
    };

    private string Describe(LastAnswer last) => last.State switch
    {
        LastAnswerState.Stored => T["Stored: {0}.", Name(last.Answer)],
        LastAnswerState.TakenBack => T["Taken back: {0}.", Name(last.Answer)],
        _ => T["Your last answer: {0}.", Name(last.Answer)],
    };

    private string Name(int? classIndex) => Project!.Classes.Find(c => c.Index == classIndex)?.Name ?? "–";

    private string Name(ReaderAnswer answer) => answer.Kind switch
    {
        AnswerKind.Label => Name(answer.ClassIndex),
        AnswerKind.Skip => T["Skipped"],
        _ => T["Unreadable"],
    };

    private enum Panel
    {
        None,
        Help,
        Summary,
        Preferences,
    }
}
