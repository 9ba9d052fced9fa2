using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SafeMedLabel.Application.Persistence;

/// <summary>
/// Looks every ten seconds whether the storage can be read and written, for the health checks and for a banner on every page. One look serves
/// all who ask: strangers may ask for the health, and must not keep the database busy by that.
/// </summary>
public sealed class StorageWatch(
    IDbContextFactory<AppDbContext> contexts,
    StorageOptions storage,
    StorageRoom room,
    DatabaseHealth health,
    TimeProvider time,
    ILogger<StorageWatch> logger) : BackgroundService
{
    // In one piece: that it has been looked is never seen before what was found.
    private volatile Look? _look;
    private string? _told;

    /// <summary>Time from one look to the next.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>Raised when <see cref="Problem"/> became another.</summary>
    public event Action? Changed;

    /// <summary>True once it has been looked.</summary>
    public bool HasLooked => _look is not null;

    /// <summary>Why nothing can be stored, or work not begin, in a sentence for whoever is at a page; null while all can.</summary>
    public string? Problem => _look?.Problem ?? health.Problem;

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        health.Changed += Tell;
        try
        {
            do
            {
                var problem = await LookAsync(stoppingToken);
                _look = new Look(problem);
                Tell();
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server ends.
        }
        finally
        {
            health.Changed -= Tell;
        }
    }

    private void Tell()
    {
        var problem = Problem;
        if (Interlocked.Exchange(ref _told, problem) != problem)
        {
            Changed?.Invoke();
        }
    }

    private async Task<string?> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (health.IsDamaged)
            {
                return StorageFailure.Damaged;
            }

            if (room.IsShort)
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
            if (_look?.Problem is null)
            {
                logger.LogError(failure, "The storage cannot be written.");
            }

            return StorageFailure.Describe(failure) ?? (failure is UnauthorizedAccessException ? StorageFailure.ReadOnly : StorageFailure.Broken);
        }
    }

    private sealed record Look(string? Problem);
}
