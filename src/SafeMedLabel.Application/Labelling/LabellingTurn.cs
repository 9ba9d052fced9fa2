using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Labelling;

/// <summary>
/// Does what readers ask for one after the other, each in a transaction of its own. SQLite lets one write at a time and the others ask again
/// after a pause; who waits here goes on at once. All of the work is done in turn, its reading too: one connection then serves everybody, and
/// keeps the pages it has read, which another's writes would take.
/// </summary>
public sealed class LabellingTurn(IDbContextFactory<AppDbContext> contexts) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Does the work and saves what it changed.</summary>
    public async Task<T> RunAsync<T>(Func<AppDbContext, Task<T>> work, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            var result = await work(db);
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return result;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>
    /// Does what a reader asks for in a project, where they have the right to read there; otherwise it is denied. Where the storage takes nothing, the
    /// work is postponed and nothing of it is stored.
    /// </summary>
    public Task<TOutcome> TryAsync<TOutcome>(int projectId, string readerId, Func<AppDbContext, Task<TOutcome>> work, CancellationToken cancellationToken)
        where TOutcome : IPostponable<TOutcome> => StorageFailure.PostponeAsync(() => RunAsync(
            async db => await ActorRight.InProjectAsync(db, projectId, Roles.Pathologist, readerId) is { Error: { } denied } ? TOutcome.Denied(denied) : await work(db),
            cancellationToken));

    /// <inheritdoc />
    public void Dispose() => _turn.Dispose();
}
