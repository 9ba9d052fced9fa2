using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SafeMedLabel.Application.Auditing;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Accounts;

/// <summary>
/// Writes down in the audit trail who was not let in. A stranger can be refused as often as they like, so refusals are counted, and each account has
/// an entry an hour at the most. They are written a few seconds later, not by the request: how long that takes would tell which addresses are accounts.
/// </summary>
public sealed class RefusedSignIns(IDbContextFactory<AppDbContext> contexts, TimeProvider time, ILogger<RefusedSignIns> logger) : BackgroundService
{
    /// <summary>An account has an entry at most once in so long.</summary>
    public static readonly TimeSpan BetweenEntries = TimeSpan.FromHours(1);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Refusals> _refusals = [];

    /// <summary>Counts a refusal. Of an address that is no account's nothing is kept: it may be a password in the wrong field.</summary>
    /// <param name="accountId">The account; null where there is none.</param>
    public void Add(string? accountId)
    {
        var subject = accountId is null ? AuditDescription.NoAccount : AuditDescription.Account(accountId);
        lock (_lock)
        {
            var known = _refusals.GetValueOrDefault(subject);
            _refusals[subject] = known with { Count = known.Count + 1 };
        }
    }

    /// <summary>Writes the entries that are due.</summary>
    /// <param name="all">Also those of accounts that had one within the hour.</param>
    /// <param name="cancellationToken">Gives up; what was not written is written the next time.</param>
    public async Task WriteAsync(bool all, CancellationToken cancellationToken = default)
    {
        var now = time.GetUtcNow();
        List<KeyValuePair<string, Refusals>> due;
        lock (_lock)
        {
            due = [.. _refusals.Where(r => r.Value.Count > 0 && (all || r.Value.LastEntry is not { } last || now - last >= BetweenEntries))];
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        foreach (var (subject, refusals) in due)
        {
            db.AuditEntries.Add(AuditDescription.Entry(AuditAction.SignInRefused, null, subject, after: new { Times = refusals.Count }));
            await db.SaveChangesAsync(cancellationToken);
            lock (_lock)
            {
                _refusals[subject] = new Refusals(_refusals[subject].Count - refusals.Count, now);
            }
        }

        lock (_lock)
        {
            foreach (var (subject, _) in _refusals.Where(r => r.Value is { Count: 0, LastEntry: { } last } && now - last >= BetweenEntries).ToList())
            {
                _refusals.Remove(subject);
            }
        }
    }

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await StorageFailure.SkipAsync(() => WriteAsync(all: true, cancellationToken));
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await WriteAsync(all: false, stoppingToken);
            }
            catch (Exception failed) when (failed is not OperationCanceledException)
            {
                // They are counted until the storage takes them.
                logger.LogError(failed, "Refused sign-ins could not be written into the audit trail; it is tried again.");
            }
        }
    }

    /// <summary>Refusals of an account.</summary>
    /// <param name="Count">Those that no entry tells of yet.</param>
    /// <param name="LastEntry">When the last entry was written; null before the first.</param>
    private readonly record struct Refusals(int Count, DateTimeOffset? LastEntry);
}
