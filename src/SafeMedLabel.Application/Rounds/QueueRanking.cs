using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Rounds;

/// <summary>
/// Gives a queue its new order, and each image what the model says of it, in many short transactions: one over a large pool would hold the
/// write lock for minutes, and no reader could answer. Until the last of them the queue is partly in the old order.
/// </summary>
/// <param name="contexts">The database.</param>
/// <param name="time">Measures how long readers had to wait.</param>
public sealed class QueueRanking(IDbContextFactory<AppDbContext> contexts, TimeProvider time)
{
    /// <summary>Images a transaction: some ten milliseconds.</summary>
    public const int ChunkSize = 100;

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(5);

    /// <summary>Writes a ranking. Doing it again, as after a worker was killed, gives the same.</summary>
    /// <param name="projectId">The project.</param>
    /// <param name="roundId">The round that ranks; what earlier ones said goes.</param>
    /// <param name="ranking">Opinions and acquisition scores in their new order.</param>
    /// <param name="cancellationToken">Stops between two transactions; the queue is then partly in the new order.</param>
    public async Task WriteAsync(int projectId, int roundId, IReadOnlyList<(ModelOpinion Opinion, double Score)> ranking, CancellationToken cancellationToken)
    {
        var pause = ShortestPause;
        foreach (var chunk in ranking.Index().Chunk(ChunkSize))
        {
            if (chunk[0].Index > 0)
            {
                await Task.Delay(pause, time, cancellationToken);
            }

            var started = time.GetTimestamp();
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            foreach (var (rank, (opinion, score)) in chunk)
            {
                await WriteAsync(db, rank, opinion, score, cancellationToken);
            }

            await transaction.CommitAsync(cancellationToken);
            // SQLite gives its lock to whoever asks at the right moment: as long as it was held, others have it now.
            var held = time.GetElapsedTime(started);
            pause = held > ShortestPause ? held : ShortestPause;
        }

        await using var last = await contexts.CreateDbContextAsync(cancellationToken);
        await last.ModelOpinions.Where(o => o.ProjectId == projectId && o.RoundId != roundId).ExecuteDeleteAsync(cancellationToken);
    }

    /// <summary>Prepared statements a row, where change tracking would take many times as long. An image that is gold meanwhile stays out.</summary>
    private static async Task WriteAsync(AppDbContext db, int rank, ModelOpinion opinion, double score, CancellationToken cancellationToken)
    {
        var ranked = await db.Database.ExecuteSqlAsync(
            $"UPDATE Images SET QueueRank = {rank}, AcquisitionScore = {score} WHERE Id = {opinion.ImageId} AND Split = {nameof(DataSplit.Training)}", cancellationToken);
        if (ranked == 1)
        {
            await db.Database.ExecuteSqlAsync(
                $"""
                INSERT INTO ModelOpinions (ImageId, ProjectId, RoundId, ClassIndex, Probability, Passes, Likeness)
                VALUES ({opinion.ImageId}, {opinion.ProjectId}, {opinion.RoundId}, {opinion.ClassIndex}, {opinion.Probability}, {opinion.Passes}, {opinion.Likeness})
                ON CONFLICT (ImageId) DO UPDATE SET RoundId = excluded.RoundId, ClassIndex = excluded.ClassIndex, Probability = excluded.Probability,
                    Passes = excluded.Passes, Likeness = excluded.Likeness
                """,
                cancellationToken);
        }
    }
}
