namespace SafeMedLabel.Application.Jobs;

/// <summary>The moment at which work got further last. For any number of threads.</summary>
public sealed class Heartbeat(TimeProvider time)
{
    private long _last = time.GetTimestamp();

    /// <summary>Time since it got further last.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Volatile.Read(ref _last));

    /// <summary>The work got further.</summary>
    public void Beat() => Volatile.Write(ref _last, time.GetTimestamp());
}
