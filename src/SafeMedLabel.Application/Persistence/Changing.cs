using Microsoft.EntityFrameworkCore;

namespace SafeMedLabel.Application.Persistence;

/// <summary>
/// Changes that are made whole or not at all. SQLite takes the lock for writing at the transaction's beginning: what is read inside holds until it ends,
/// so that a rule which is checked there is kept, whoever else changes things at the same time, in another process too.
/// </summary>
public static class Changing
{
    /// <summary>
    /// Does the work in one transaction and saves what it changed. Where it refuses or fails, nothing of it stays; where the storage takes nothing, it is
    /// postponed.
    /// </summary>
    /// <param name="contexts">The database.</param>
    /// <param name="change">The work; all of it is done by the context that it is given.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static Task<TOutcome> ChangeAsync<TOutcome>(this IDbContextFactory<AppDbContext> contexts, Func<AppDbContext, Task<TOutcome>> change, CancellationToken cancellationToken = default)
        where TOutcome : IOutcome, IPostponable<TOutcome> => StorageFailure.PostponeAsync(async () =>
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            return await WholeAsync(db, () => change(db), cancellationToken);
        });

    /// <summary>
    /// As above, in a context that others use too, as Identity's managers do: what it has read before is forgotten, for others may have changed it. Work
    /// inside such work is part of it, and stays or goes with it.
    /// </summary>
    /// <param name="db">The context that all of the work is done by.</param>
    /// <param name="change">The work.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static Task<TOutcome> ChangeAsync<TOutcome>(this AppDbContext db, Func<Task<TOutcome>> change, CancellationToken cancellationToken = default)
        where TOutcome : IOutcome, IPostponable<TOutcome> =>
        db.Database.CurrentTransaction is null ? StorageFailure.PostponeAsync(() => WholeAsync(db, change, cancellationToken)) : change();

    private static async Task<TOutcome> WholeAsync<TOutcome>(AppDbContext db, Func<Task<TOutcome>> change, CancellationToken cancellationToken)
        where TOutcome : IOutcome
    {
        db.ChangeTracker.Clear();
        try
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            var outcome = await change();
            if (outcome.Succeeded)
            {
                await db.SaveChangesAsync(cancellationToken);
                await transaction.CommitAsync(cancellationToken);
            }

            return outcome;
        }
        finally
        {
            // Of what did not stay, nothing may be saved with what is done next.
            db.ChangeTracker.Clear();
        }
    }
}
