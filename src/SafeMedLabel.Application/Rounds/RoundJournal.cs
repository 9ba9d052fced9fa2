using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using SafeMedLabel.Application.Jobs;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Rounds;

/// <summary>
/// Writes what a running round reports into its row, where every browser reads it, and passes a request to cancel the other
/// way. Steps come many times a second; the row is written at most once a second, by a loop of the journal's own.
/// </summary>
public sealed class RoundJournal : ITrainingObserver, IProgress<double>, IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly IDbContextFactory<AppDbContext> _contexts;
    private readonly int _roundId;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Action _onCancelRequested;
    private readonly StorageRoom _room;
    private readonly Heartbeat _beat;
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _loop;
    private readonly Lock _gate = new();
    private TrainingStep? _step;
    private double? _phaseProgress;

    /// <summary>Begins to watch the row.</summary>
    /// <param name="contexts">The database.</param>
    /// <param name="roundId">The round.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears what could not be written.</param>
    /// <param name="room">The room that must stay free; where less is, the round is cancelled and <see cref="IsShort"/>.</param>
    /// <param name="beat">Hears that the round got further.</param>
    /// <param name="onCancelRequested">Cancels the round.</param>
    public RoundJournal(
        IDbContextFactory<AppDbContext> contexts, int roundId, TimeProvider time, ILogger logger, StorageRoom room, Heartbeat beat, Action onCancelRequested)
    {
        _contexts = contexts;
        _roundId = roundId;
        _time = time;
        _logger = logger;
        _onCancelRequested = onCancelRequested;
        (_room, _beat) = (room, beat);
        _loop = Task.Run(WriteAndWatchAsync);
    }

    /// <summary>True where the round was cancelled because less room is left than must stay free.</summary>
    public bool IsShort { get; private set; }

    /// <summary>Writes that a phase begins.</summary>
    public async Task EnterAsync(RoundState phase, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _beat.Beat();
        lock (_gate)
        {
            _step = null;
            _phaseProgress = null;
        }

        await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
        await db.Rounds.Where(r => r.Id == _roundId).ExecuteUpdateAsync(
            set => set.SetProperty(r => r.State, phase).SetProperty(r => r.PhaseProgress, 0)
                .SetProperty(r => r.SecondsLeft, (double?)null).SetProperty(r => r.ImagesPerSecond, (double?)null), cancellationToken);
    }

    /// <inheritdoc />
    public void Progressed(TrainingStep step)
    {
        _beat.Beat();
        lock (_gate)
        {
            _step = step;
        }
    }

    /// <inheritdoc />
    public void Report(double value)
    {
        _beat.Beat();
        lock (_gate)
        {
            _phaseProgress = value;
        }
    }

    /// <inheritdoc />
    public void EpochFinished(RoundEpoch epoch)
    {
        _beat.Beat();
        // Written at once and from the training thread: an epoch is the unit that survives a kill.
        using var db = _contexts.CreateDbContext();
        using var transaction = db.Database.BeginTransaction();
        epoch.RoundId = _roundId;
        db.RoundEpochs.Where(e => e.RoundId == _roundId && e.Epoch == epoch.Epoch).ExecuteDelete();
        db.RoundEpochs.Add(epoch);
        db.SaveChanges();
        var accepted = db.RoundEpochs.Where(e => e.RoundId == _roundId).Sum(e => e.Accepted);
        var rejected = db.RoundEpochs.Where(e => e.RoundId == _roundId).Sum(e => e.Rejected);
        db.Rounds.Where(r => r.Id == _roundId).ExecuteUpdate(
            set => set.SetProperty(r => r.PseudoLabelsAccepted, accepted).SetProperty(r => r.PseudoLabelsRejected, rejected).SetProperty(r => r.Tries, 0));
        transaction.Commit();
    }

    /// <summary>Writes what is left to write.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _loop;
        _closing.Dispose();
    }

    private async Task WriteAndWatchAsync()
    {
        using var timer = new PeriodicTimer(Interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_closing.Token))
            {
                if (_room.IsShort && !IsShort)
                {
                    IsShort = true;
                    _onCancelRequested();
                }

                await TryWriteAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // Closing.
        }
    }

    /// <summary>A database that is busy for a moment costs a line of progress, not the round, and not its ear for a cancellation.</summary>
    private async Task TryWriteAsync()
    {
        try
        {
            await WriteAsync();
        }
        catch (DbException missed)
        {
            _logger.LogWarning(missed, "Progress of round {RoundId} was not written.", _roundId);
        }
    }

    private async Task WriteAsync()
    {
        TrainingStep? step;
        double? phaseProgress;
        lock (_gate)
        {
            (step, phaseProgress) = (_step, _phaseProgress);
            (_step, _phaseProgress) = (null, null);
        }

        await using var db = await _contexts.CreateDbContextAsync();
        var row = db.Rounds.Where(r => r.Id == _roundId);
        var now = _time.GetUtcNow().UtcDateTime;
        if (step is { } s)
        {
            await row.ExecuteUpdateAsync(set => set
                .SetProperty(r => r.Epoch, s.Epoch).SetProperty(r => r.PhaseProgress, s.Fraction).SetProperty(r => r.Loss, s.Loss)
                .SetProperty(r => r.ImagesPerSecond, s.ImagesPerSecond).SetProperty(r => r.SecondsLeft, s.SecondsLeft).SetProperty(r => r.ProgressUtc, now));
        }
        else if (phaseProgress is { } fraction)
        {
            await row.ExecuteUpdateAsync(set => set.SetProperty(r => r.PhaseProgress, fraction).SetProperty(r => r.ProgressUtc, now));
        }

        if (await row.AnyAsync(r => r.CancelRequested))
        {
            _onCancelRequested();
        }
    }
}
