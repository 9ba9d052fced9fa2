using SafeMedLabel.Learning.Native;

namespace SafeMedLabel.Cli.Worker;

/// <summary>Gives a job's memory back to the system, since the next job may be hours away. Declared first, it is disposed last, when all else is free.</summary>
internal sealed class BorrowedMemory : IDisposable
{
    public void Dispose() => LibTorch.GiveMemoryBack();
}
