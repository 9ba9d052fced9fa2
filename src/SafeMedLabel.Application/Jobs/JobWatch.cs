using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SafeMedLabel.Application.Jobs;

/// <summary>
/// Lets work go on for as long as it gets further. A disk or a share that does not answer holds a thread until it does, and no thread can be taken from
/// it: work that hangs is asked to end, and where it does not it is left behind, so that other work has its turn.
/// </summary>
public sealed class JobWatch(IOptions<JobOptions> options, TimeProvider time, ILogger<JobWatch> logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Watches work that reads and writes files.</summary>
    /// <param name="what">What it is: 'The import'.</param>
    /// <param name="work">The work, which beats whenever it gets further.</param>
    /// <param name="stopping">Stops it.</param>
    /// <exception cref="StalledException">It got no further.</exception>
    public Task RunAsync(string what, Func<Heartbeat, CancellationToken, Task> work, CancellationToken stopping) =>
        RunAsync(what, options.Value.StalledMinutes, nameof(JobOptions.StalledMinutes), work, stopping);

    /// <summary>As <see cref="RunAsync(string, Func{Heartbeat, CancellationToken, Task}, CancellationToken)"/>, of work that trains.</summary>
    public Task RunTrainingAsync(string what, Func<Heartbeat, CancellationToken, Task> work, CancellationToken stopping) =>
        RunAsync(what, options.Value.StalledTrainingMinutes, nameof(JobOptions.StalledTrainingMinutes), work, stopping);

    private async Task RunAsync(string what, int minutes, string setting, Func<Heartbeat, CancellationToken, Task> work, CancellationToken stopping)
    {
        var beat = new Heartbeat(time);
        // Not disposed of: work that is left behind may still look at it.
        var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var running = Task.Run(() => work(beat, ending.Token), CancellationToken.None);
        using var timer = new PeriodicTimer(Interval, time);
        var isStalled = false;
        while (!isStalled && !stopping.IsCancellationRequested && await Task.WhenAny(running, TickAsync(timer, stopping)) != running)
        {
            isStalled = beat.Silence >= TimeSpan.FromMinutes(minutes);
        }

        if (isStalled)
        {
            logger.LogError("{What} got no further for {Minutes} minutes and is ended.", what, minutes);
            await ending.CancelAsync();
        }

        if ((isStalled || stopping.IsCancellationRequested) && await Task.WhenAny(running, Task.Delay(Patience, time, CancellationToken.None)) != running)
        {
            logger.LogError("{What} does not end and is left behind.", what);
            _ = running.ContinueWith(left => left.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            stopping.ThrowIfCancellationRequested();
            throw Stalled();
        }

        try
        {
            await running;
        }
        catch (OperationCanceledException) when (isStalled)
        {
            throw Stalled();
        }

        StalledException Stalled() => new(
            $"{what} got no further for {minutes} minutes and was ended: a disk or share that it needs may not answer. "
            + $"Try again when it does (Jobs:{setting}).");
    }

    private static async Task TickAsync(PeriodicTimer timer, CancellationToken stopping)
    {
        try
        {
            await timer.WaitForNextTickAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            // The worker stops.
        }
    }
}
