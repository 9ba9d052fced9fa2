using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;

namespace SafeMedLabel.Application.Jobs;

/// <summary>Looks at every project in which something happened since the last look, and raises alarms.</summary>
public sealed class AlarmWatch(IDbContextFactory<AppDbContext> contexts, AlarmService alarms, TimeProvider time, ILogger<AlarmWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(20);

    private readonly Dictionary<int, State> _seen = [];

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, time);
        do
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception failed) when (failed is not OperationCanceledException)
            {
                // A watch that ends silently is worse than none: it looks again.
                logger.LogError(failed, "The alarm watch failed and tries again.");
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        List<State> states;
        await using (var db = await contexts.CreateDbContextAsync(cancellationToken))
        {
            states = await db.Projects.Select(p => new State(
                p.Id,
                db.Imports.Where(i => i.ProjectId == p.Id && i.State == ImportState.Completed).Max(i => (int?)i.Id),
                db.Rounds.Where(r => r.ProjectId == p.Id && r.State == RoundState.Completed).Max(r => (int?)r.Id),
                p.ActiveRoundId,
                db.LabelEvents.Where(e => e.ProjectId == p.Id).Max(e => (long?)e.Id))).ToListAsync(cancellationToken);
        }

        foreach (var state in states)
        {
            var before = _seen.GetValueOrDefault(state.ProjectId);
            if (before?.WithoutLabels != state.WithoutLabels)
            {
                await alarms.RaiseDriftAsync(state.ProjectId, cancellationToken);
            }

            if (before != state)
            {
                await alarms.RaiseSilentFailuresAsync(state.ProjectId, cancellationToken);
            }

            _seen[state.ProjectId] = state;
        }
    }

    /// <summary>All that an alarm may come from.</summary>
    private sealed record State(int ProjectId, int? LastImport, int? LastRound, int? ActiveRound, long? LastEvent)
    {
        /// <summary>What drift may come from: it reads all images, and readers answer all the time.</summary>
        public State WithoutLabels => this with { LastEvent = null };
    }
}
