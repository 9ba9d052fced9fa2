using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Auditing;

/// <summary>
/// Writes the trail: whatever is saved is saved together with what the trail says of it, in one transaction, or not at all. SQLite lets one write at
/// a time from the transaction's beginning, so that nobody else appends meanwhile.
/// </summary>
internal sealed class AuditInterceptor(AuditSeal seal, TimeProvider time) : SaveChangesInterceptor
{
    /// <summary>What was added to saves under way.</summary>
    private readonly ConditionalWeakTable<DbContext, Addition> _additions = [];

    /// <inheritdoc />
    public override InterceptionResult<int> SavingChanges(DbContextEventData eventData, InterceptionResult<int> result)
    {
        if (eventData.Context is AppDbContext db)
        {
            try
            {
                Append(db);
            }
            catch
            {
                // Nobody else is told that this save has failed.
                End(db, transaction => transaction.Rollback());
                throw;
            }
        }

        return result;
    }

    /// <inheritdoc />
    public override ValueTask<InterceptionResult<int>> SavingChangesAsync(DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(SavingChanges(eventData, result));

    /// <inheritdoc />
    public override int SavedChanges(SaveChangesCompletedEventData eventData, int result)
    {
        End(eventData.Context!, transaction => transaction.Commit());
        return result;
    }

    /// <inheritdoc />
    public override ValueTask<int> SavedChangesAsync(SaveChangesCompletedEventData eventData, int result, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(SavedChanges(eventData, result));

    /// <inheritdoc />
    public override void SaveChangesFailed(DbContextErrorEventData eventData) => End(eventData.Context!, transaction => transaction.Rollback());

    /// <inheritdoc />
    public override Task SaveChangesFailedAsync(DbContextErrorEventData eventData, CancellationToken cancellationToken = default)
    {
        SaveChangesFailed(eventData);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public override void SaveChangesCanceled(DbContextEventData eventData) => End(eventData.Context!, transaction => transaction.Rollback());

    /// <inheritdoc />
    public override Task SaveChangesCanceledAsync(DbContextEventData eventData, CancellationToken cancellationToken = default)
    {
        SaveChangesCanceled(eventData);
        return Task.CompletedTask;
    }

    private void Append(AppDbContext db)
    {
        var rows = db.ChangeTracker.Entries().Where(e => e.State is EntityState.Added or EntityState.Modified or EntityState.Deleted).ToList();
        var entries = rows.Select(row => row.Entity as AuditEntry ?? AuditDescription.Of(db, row)).OfType<AuditEntry>().ToList();
        if (entries.Count == 0)
        {
            return;
        }

        var addition = new Addition(entries, db.Database.CurrentTransaction is null ? db.Database.BeginTransaction() : null);
        _additions.Add(db, addition);
        var head = addition.Head = db.AuditHeads.FirstOrDefault(h => h.Id == AuditHead.OnlyId) ?? db.AuditHeads.Add(new AuditHead()).Entity;
        foreach (var entry in entries)
        {
            (entry.Id, entry.AtUtc, entry.Previous) = (head.LastId + 1, AuditSeal.Stamp(time.GetUtcNow()), head.Last);
            entry.SealVersion = AuditSeal.CurrentVersion;
            entry.Seal = seal.Of(entry);
            (head.LastId, head.Last) = (entry.Id, entry.Seal);
        }

        head.Seal = seal.Of(head);
        db.AuditEntries.AddRange(entries);
    }

    /// <summary>Lets the context forget the trail, which others append to before it saves again.</summary>
    private void End(DbContext db, Action<IDbContextTransaction> end)
    {
        if (!_additions.TryGetValue(db, out var addition))
        {
            return;
        }

        _additions.Remove(db);
        foreach (var row in addition.Rows)
        {
            db.Entry(row).State = EntityState.Detached;
        }

        if (addition.Begun is { } transaction)
        {
            end(transaction);
            transaction.Dispose();
        }
    }

    /// <summary>What a save carries beside what was asked for.</summary>
    /// <param name="entries">The entries.</param>
    /// <param name="begun">The transaction that was begun for them; null where the caller had one.</param>
    private sealed class Addition(List<AuditEntry> entries, IDbContextTransaction? begun)
    {
        public IDbContextTransaction? Begun => begun;

        /// <summary>The trail's end; null until it was read.</summary>
        public AuditHead? Head { get; set; }

        public IEnumerable<object> Rows => Head is null ? entries : [.. entries, Head];
    }
}
