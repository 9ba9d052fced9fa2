namespace SafeMedLabel.Application.Jobs;

/// <summary>Work with tensors blocks its thread for minutes: it has one of its own.</summary>
internal static class OwnThread
{
    /// <summary>Runs work. Where it is cancelled before it begins, it does not begin; once it runs, it must look at the token itself.</summary>
    public static Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(work, cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
