using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>Holds two rounds against each other, image by image.</summary>
public sealed class RoundComparisonService(IDbContextFactory<AppDbContext> contexts, TestSetService tests)
{
    /// <summary>Compares two rounds of one project; refused with a sentence where they share no images.</summary>
    public async Task<Result<RoundComparison>> CompareAsync(int projectId, int firstId, int secondId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rounds = await db.Rounds.AsNoTracking().Where(r => r.ProjectId == projectId && (r.Id == firstId || r.Id == secondId)).ToDictionaryAsync(r => r.Id, cancellationToken);
        if (rounds.Count < 2)
        {
            return Result.Refused("Two rounds of this project are compared; one of them is not there.");
        }

        if (await tests.ReadAsync(firstId, cancellationToken) is not { } first || await tests.ReadAsync(secondId, cancellationToken) is not { } second)
        {
            return Result.Refused("Of one of the two it was not kept what its model said of the test images.");
        }

        var places = second.Ids.Index().ToDictionary(i => i.Item, i => i.Index);
        List<(int First, int Second)> shared =
            [.. first.Ids.Index().Where(i => places.TryGetValue(i.Item, out var place) && first.Set.Label(i.Index) == second.Set.Label(place)).Select(i => (i.Index, places[i.Item]))];
        if (shared.Count == 0)
        {
            return Result.Refused("The two were tested on different images.");
        }

        var (one, other) = (first.Subset([.. shared.Select(s => s.First)]), second.Subset([.. shared.Select(s => s.Second)]));
        var patientOf = await db.Images.Where(i => i.ProjectId == projectId).Select(i => new { i.Id, i.Patient }).ToDictionaryAsync(i => i.Id, i => i.Patient, cancellationToken);
        string[] patients = [.. one.Ids.Select(id => patientOf[id])];
        var threshold = rounds[firstId].SilentFailureThreshold;
        var seed = (ulong)rounds[firstId].Seed;
        ComparedMeasure Compare(Measure measure, Func<PredictionSet, double> rateOf, Func<PredictionSet, int, bool> isEvent) => new(
            measure,
            rateOf(one.Set),
            rateOf(other.Set),
            PairedDifference.Of(patients, i => isEvent(one.Set, i), i => isEvent(other.Set, i), seed));
        return new RoundComparison(
            rounds[firstId],
            rounds[secondId],
            threshold,
            patients.Distinct(StringComparer.Ordinal).Count(),
            one,
            other,
            [
                Compare(Measure.Accuracy, Metrics.Accuracy, (set, i) => set.IsCorrect(i)),
                Compare(Measure.SilentFailureRate, set => Metrics.SilentFailureRate(set, threshold), (set, i) => set.IsSilentFailure(i, threshold)),
                Compare(Measure.Coverage, set => Metrics.Coverage(set, threshold), (set, i) => set.IsCovered(i, threshold)),
            ]);
    }
}
