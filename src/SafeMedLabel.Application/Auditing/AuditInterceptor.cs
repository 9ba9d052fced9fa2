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
    /// <summary>Transactions that were begun here, because the caller had none.</summary>
    private readonly ConditionalWeakTable<DbContext, IDbContextTransaction> _begun = [];

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

        if (db.Database.CurrentTransaction is null)
        {
            _begun.Add(db, db.Database.BeginTransaction());
        }

        var head = db.AuditHeads.FirstOrDefault(h => h.Id == AuditHead.OnlyId) ?? db.AuditHeads.Add(new AuditHead()).Entity;
        foreach (var entry in entries)
        {
            (entry.Id, entry.AtUtc, entry.Previous) = (head.LastId + 1, time.GetUtcNow().UtcDateTime, head.Last);
            entry.Seal = seal.Of(entry);
            (head.LastId, head.Last) = (entry.Id, entry.Seal);
        }

        head.Seal = seal.Of(head);
        db.AuditEntries.AddRange(entries);
    }

    /// <summary>Lets the context forget the trail, which others append to before it saves again.</summary>
    private void End(DbContext db, Action<IDbContextTransaction> end)
    {
        foreach (var row in db.ChangeTracker.Entries().Where(e => e.Entity is AuditEntry or AuditHead).ToList())
        {
            row.State = EntityState.Detached;
        }

        if (_begun.TryGetValue(db, out var transaction))
        {
            _begun.Remove(db);
            end(transaction);
            transaction.Dispose();
        }
    }
}
