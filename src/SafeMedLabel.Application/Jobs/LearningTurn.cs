namespace SafeMedLabel.Application.Jobs;

/// <summary>
/// Lets what trains run one after the other: each uses all cores it may. The scheduler alone only keeps a job from running twice at once, not two
/// jobs beside each other.
/// </summary>
public sealed class LearningTurn : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Waits for the others to end, then works. Where the worker stops meanwhile the work waits for the next one, which finds it unfinished.</summary>
    public async ValueTask RunAsync(Func<Task> work, CancellationToken stopping)
    {
        try
        {
            await _turn.WaitAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        try
        {
            await work();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _turn.Dispose();
}
