namespace SafeMedLabel.Learning.Tests.Native;

/// <summary>
/// A thread that collects garbage without a pause, until it is disposed. Tests with it run alone: others read numbers from tensors by the library's own
/// means, which do not stand this, and would take many times as long.
/// </summary>
[CollectionDefinition(nameof(BusyCollector), DisableParallelization = true)]
public sealed class BusyCollector : IDisposable
{
    private readonly CancellationTokenSource _ended = new();
    private readonly Thread _thread;

    /// <summary>Begins.</summary>
    public BusyCollector()
    {
        _thread = new Thread(Collect) { IsBackground = true };
        _thread.Start();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _ended.Cancel();
        _thread.Join();
        _ended.Dispose();
    }

    private void Collect()
    {
        while (!_ended.IsCancellationRequested)
        {
            GC.Collect(0);
            GC.WaitForPendingFinalizers();
        }
    }
}
