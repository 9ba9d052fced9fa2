using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Evaluation;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>Reads what rounds' models said of the locked test set.</summary>
public sealed class TestSetService(IDbContextFactory<AppDbContext> contexts)
{
    /// <summary>What a round's model said; null where nothing was kept of it.</summary>
    public async Task<TestedSet?> ReadAsync(int roundId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await db.TestPredictions.AsNoTracking().Where(p => p.RoundId == roundId).OrderBy(p => p.ImageId).ToListAsync(cancellationToken);
        if (rows.Count == 0)
        {
            return null;
        }

        var classes = TestPrediction.Unpack(rows[0].Probabilities).Length;
        var probabilities = new double[rows.Count * classes];
        for (var i = 0; i < rows.Count; i++)
        {
            var own = TestPrediction.Unpack(rows[i].Probabilities);
            for (var k = 0; k < classes; k++)
            {
                probabilities[(i * classes) + k] = own[k];
            }
        }

        return new TestedSet(
            [.. rows.Select(r => r.ImageId)],
            new PredictionSet(classes, [.. rows.Select(r => r.ReferenceClass)], probabilities),
            [.. rows.Select(r => r.Uncertainty)],
            [.. rows.Select(r => r.Likeness)]);
    }
}
