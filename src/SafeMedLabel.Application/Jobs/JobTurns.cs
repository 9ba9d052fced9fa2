using System.Collections.Concurrent;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Jobs;

/// <summary>
/// Lets jobs take turns. Of each kind only so many run at a time: what trains uses all cores it may, and what hangs takes none of another kind's places.
/// Of each kind a project has one place at the most, so that none keeps the others waiting. Who waits holds no thread.
/// </summary>
public sealed class JobTurns(TimeProvider time) : IDisposable
{
    private readonly Dictionary<JobKind, SemaphoreSlim> _kinds = new()
    {
        [JobKind.Learning] = new SemaphoreSlim(1),
        [JobKind.Import] = new SemaphoreSlim(3),
        [JobKind.Export] = new SemaphoreSlim(2),
    };

    private readonly ConcurrentDictionary<(JobKind, int), SemaphoreSlim> _projects = new();

    /// <summary>
    /// Waits for its turn, then works. Where the worker stops meanwhile the work waits for the next one, which finds it unfinished. Work whose
    /// beginning cannot be stored at the moment is done again: else nobody would take it up before the worker starts anew.
    /// </summary>
    /// <param name="kind">The kind of work.</param>
    /// <param name="projectId">The project that it is for.</param>
    /// <param name="work">The work.</param>
    /// <param name="stopping">The worker stops.</param>
    public async ValueTask RunAsync(JobKind kind, int projectId, Func<Task> work, CancellationToken stopping)
    {
        var (own, all) = (_projects.GetOrAdd((kind, projectId), _ => new SemaphoreSlim(1)), _kinds[kind]);
        if (!await WaitAsync(own, stopping))
        {
            return;
        }

        try
        {
            if (!await WaitAsync(all, stopping))
            {
                return;
            }

            try
            {
                await StorageFailure.UntilStoredAsync(work, time, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                // The next worker takes it up.
            }
            finally
            {
                all.Release();
            }
        }
        finally
        {
            own.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var turn in _kinds.Values.Concat(_projects.Values))
        {
            turn.Dispose();
        }
    }

    private static async Task<bool> WaitAsync(SemaphoreSlim turn, CancellationToken stopping)
    {
        try
        {
            await turn.WaitAsync(stopping);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
