using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace SafeMedLabel.Application.Persistence;

/// <summary>
/// Writes nothing to a database that is known to be damaged: what would be acknowledged might be lost, and what can still be read be destroyed. And takes note
/// where SQLite says that it is.
/// </summary>
internal sealed class DamageGuard(DatabaseHealth health) : DbCommandInterceptor, IDbTransactionInterceptor, ISaveChangesInterceptor
{
    /// <summary>Hears of queries that fail at a later row than the first.</summary>
    public void AddTo(DbContextOptionsBuilder options) => options.LogTo(
        (id, _) => id == CoreEventId.QueryIterationFailed,
        data => Note((data as DbContextTypeErrorEventData)?.Exception));

    /// <inheritdoc />
    public override InterceptionResult<int> NonQueryExecuting(DbCommand command, CommandEventData eventData, InterceptionResult<int> result)
    {
        Require();
        return result;
    }

    /// <inheritdoc />
    public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        Require();
        return ValueTask.FromResult(result);
    }

    /// <inheritdoc />
    public InterceptionResult<DbTransaction> TransactionStarting(
        DbConnection connection, TransactionStartingEventData eventData, InterceptionResult<DbTransaction> result)
    {
        Require();
        return result;
    }

    /// <inheritdoc />
    public ValueTask<InterceptionResult<DbTransaction>> TransactionStartingAsync(
        DbConnection connection,
        TransactionStartingEventData eventData,
        InterceptionResult<DbTransaction> result,
        CancellationToken cancellationToken = default)
    {
        Require();
        return ValueTask.FromResult(result);
    }

    /// <inheritdoc />
    public InterceptionResult<int> SavingChanges(DbContextEventData eventData, InterceptionResult<int> result)
    {
        Require();
        return result;
    }

    /// <inheritdoc />
    public ValueTask<InterceptionResult<int>> SavingChangesAsync(
        DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        Require();
        return ValueTask.FromResult(result);
    }

    /// <inheritdoc />
    public override void CommandFailed(DbCommand command, CommandErrorEventData eventData) => Note(eventData.Exception);

    /// <inheritdoc />
    public override Task CommandFailedAsync(DbCommand command, CommandErrorEventData eventData, CancellationToken cancellationToken = default)
    {
        Note(eventData.Exception);
        return Task.CompletedTask;
    }

    private void Require()
    {
        if (health.IsDamaged)
        {
            throw new SqliteException("The database is damaged, and nothing is written to it any more.", SQLitePCL.raw.SQLITE_CORRUPT);
        }
    }

    private void Note(Exception? failure)
    {
        if (StorageFailure.IsDamage(failure))
        {
            health.Report(failure);
        }
    }
}
