using Microsoft.AspNetCore.Components;
using SafeMedLabel.Application.Datasets;

namespace SafeMedLabel.Web.Components.Controls;

/// <summary>A page of one project: loads it, asks again in an interval while there is something to watch, and stops when it is left.</summary>
public abstract class ProjectPage : ComponentBase, IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _left = new();

    /// <summary>Reads projects.</summary>
    [Inject]
    public required ProjectService Projects { get; init; }

    /// <summary>From the address.</summary>
    [Parameter]
    public int ProjectId { get; set; }

    /// <summary>The project; null until loaded, or where there is none.</summary>
    protected Project? Project { get; private set; }

    /// <summary>True once loading ended, well or not.</summary>
    protected bool IsLoaded { get; private set; }

    /// <summary>Cancelled when the page is left.</summary>
    protected CancellationToken Left => _left.Token;

    /// <inheritdoc />
    protected override async Task OnParametersSetAsync()
    {
        Project = await Projects.GetAsync(ProjectId, Left);
        if (Project is not null)
        {
            await LoadAsync();
        }

        IsLoaded = true;
    }

    /// <summary>Loads, again and again while <see cref="WatchAsync"/> runs, what the page shows beside the project.</summary>
    protected abstract Task LoadAsync();

    /// <summary>Loads the project anew.</summary>
    protected async Task ReloadProjectAsync() => Project = await Projects.GetAsync(ProjectId, Left);

    /// <summary>Calls <see cref="LoadAsync"/> every second until the page is left.</summary>
    protected async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(Left))
            {
                await InvokeAsync(async () =>
                {
                    if (Project is not null)
                    {
                        await LoadAsync();
                        StateHasChanged();
                    }
                });
            }
        }
        catch (OperationCanceledException)
        {
            // The page was left.
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Stops what watches.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            _left.Cancel();
            _left.Dispose();
        }
    }
}
