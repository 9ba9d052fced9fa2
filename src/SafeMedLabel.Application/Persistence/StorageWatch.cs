using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SafeMedLabel.Application.Persistence;

/// <summary>
/// Looks every ten seconds whether the storage can be read and written, for the health checks and for a banner on every page. One look serves
/// all who ask: strangers may ask for the health, and must not keep the database busy by that.
/// </summary>
public sealed class StorageWatch(
    IDbContextFactory<AppDbContext> contexts, StorageOptions storage, IOptions<StorageWatchOptions> options, TimeProvider time, ILogger<StorageWatch> logger) : BackgroundService
{
    // In one piece: that it has been looked is never seen before what was found.
    private volatile Look? _look;

    /// <summary>Time from one look to the next.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>Raised when <see cref="Problem"/> became another.</summary>
    public event Action? Changed;

    /// <summary>True once it has been looked.</summary>
    public bool HasLooked => _look is not null;

    /// <summary>Why nothing can be stored, in a sentence for whoever is at a page; null while it can be.</summary>
    public string? Problem => _look?.Problem;

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                var (before, problem) = (Problem, await LookAsync(stoppingToken));
                _look = new Look(problem);
                if (problem != before)
                {
                    Changed?.Invoke();
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server ends.
        }
    }

    private async Task<string?> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (FreeBytes() < options.Value.MinimumFreeMegabytes << 20)
            {
                return StorageFailure.Full;
            }

            await using (new FileStream(Path.Combine(storage.FullRoot, ".writable"), FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose))
            {
                // That it can be made is all there is to know.
            }

            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            // SQLite takes the lock for writing at the beginning; a database that can only be read refuses it.
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            await db.Projects.AnyAsync(cancellationToken);
            return null;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            if (Problem is null)
            {
                logger.LogError(failure, "The storage cannot be written.");
            }

            return StorageFailure.Describe(failure) ?? (failure is UnauthorizedAccessException ? StorageFailure.ReadOnly : StorageFailure.Broken);
        }
    }

    /// <summary>What is free for this program on the storage's disk; on Windows of the drive, elsewhere of what is mounted there.</summary>
    private long FreeBytes() => new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(storage.FullRoot)! : storage.FullRoot).AvailableFreeSpace;

    private sealed record Look(string? Problem);
}
