using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Testing;

/// <summary>
/// Lets the disk fail at one chosen step of all that is written: before a command that writes, before a transaction is committed, or when it just was
/// and its success is not heard of any more.
/// </summary>
public sealed class FailingCommand : DbCommandInterceptor, IDbTransactionInterceptor
{
    /// <summary>The step after a transaction was committed.</summary>
    public const string Committed = "committed";

    private const int DiskError = 10;

    private static readonly string[] Writing = ["INSERT", "UPDATE", "DELETE", "REPLACE"];

    private readonly Lock _lock = new();
    private readonly List<string> _steps = [];
    private int _failing;

    /// <summary>The steps since <see cref="FailAt"/>, up to the one that failed.</summary>
    public IReadOnlyList<string> Steps
    {
        get
        {
            lock (_lock)
            {
                return [.. _steps];
            }
        }
    }

    /// <summary>Puts it under the services' database.</summary>
    public void AddTo(IServiceCollection services) => services.ConfigureDbContext<AppDbContext>(options => options.AddInterceptors(this));

    /// <summary>Lets a step fail, counted from now on; the steps after it are done, if anybody still asks for them.</summary>
    /// <param name="step">1 is the first; 0 lets none fail.</param>
    public void FailAt(int step)
    {
        lock (_lock)
        {
            _steps.Clear();
            _failing = step;
        }
    }

    /// <inheritdoc />
    public override InterceptionResult<DbDataReader> ReaderExecuting(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result) => Before(command, result);

    /// <inheritdoc />
    public override InterceptionResult<object> ScalarExecuting(DbCommand command, CommandEventData eventData, InterceptionResult<object> result) => Before(command, result);

    /// <inheritdoc />
    public override InterceptionResult<int> NonQueryExecuting(DbCommand command, CommandEventData eventData, InterceptionResult<int> result) => Before(command, result);

    /// <inheritdoc />
    public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default) => ValueTask.FromResult(Before(command, result));

    /// <inheritdoc />
    public override ValueTask<InterceptionResult<object>> ScalarExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<object> result, CancellationToken cancellationToken = default) => ValueTask.FromResult(Before(command, result));

    /// <inheritdoc />
    public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default) => ValueTask.FromResult(Before(command, result));

    /// <inheritdoc />
    public InterceptionResult TransactionCommitting(DbTransaction transaction, TransactionEventData eventData, InterceptionResult result)
    {
        Pass("commit");
        return result;
    }

    /// <inheritdoc />
    public ValueTask<InterceptionResult> TransactionCommittingAsync(DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(TransactionCommitting(transaction, eventData, result));

    /// <inheritdoc />
    public void TransactionCommitted(DbTransaction transaction, TransactionEndEventData eventData) => Pass(Committed);

    /// <inheritdoc />
    public Task TransactionCommittedAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        TransactionCommitted(transaction, eventData);
        return Task.CompletedTask;
    }

    private T Before<T>(DbCommand command, T result)
    {
        if (Writing.Any(verb => command.CommandText.TrimStart().StartsWith(verb, StringComparison.OrdinalIgnoreCase)))
        {
            Pass(command.CommandText.Split('\n')[0]);
        }

        return result;
    }

    private void Pass(string step)
    {
        lock (_lock)
        {
            _steps.Add(step);
            if (_steps.Count == _failing)
            {
                throw new SqliteException($"The disk failed at step {_failing}: {step}", DiskError);
            }
        }
    }
}
