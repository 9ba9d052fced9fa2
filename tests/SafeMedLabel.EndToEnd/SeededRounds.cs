using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>Two measured rounds of project 1, for those who look at what comes of them.</summary>
internal static class SeededRounds
{
    /// <summary>As the worker leaves them: the first active by the gate, the second refused.</summary>
    public static async Task<(int Passed, int Refused)> AddAsync(RunningServer server, CancellationToken cancellation)
    {
        await using var db = server.OpenDatabase();
        var passed = Measured(1, GateVerdict.Pass, against: null);
        passed.Certificate = new Certificate(0.9312, 0.862, 2_310, 16, 13, 0.0094, 0.01, 0.05);
        RoundModels.Leave(new StorageOptions { Root = server.Folder }, passed);
        db.Rounds.Add(passed);
        await db.SaveChangesAsync(cancellation);
        var refused = Measured(2, GateVerdict.Fail, passed.Id);
        RoundModels.Leave(new StorageOptions { Root = server.Folder }, refused);
        db.Rounds.Add(refused);
        db.Promotions.Add(new Promotion { ProjectId = 1, RoundId = passed.Id, Kind = PromotionKind.Gate, AtUtc = DateTime.UtcNow });
        (await db.Projects.FindAsync([1], cancellation))!.ActiveRoundId = passed.Id;
        await db.SaveChangesAsync(cancellation);
        return (passed.Id, refused.Id);
    }

    /// <summary>
    /// What more a round leaves behind that is measured in full: a model's answers about the test images, its certificate's test among the
    /// measures, and the epochs that it took.
    /// </summary>
    public static async Task DescribeAsync(RunningServer server, int roundId, CancellationToken cancellation)
    {
        await using var db = server.OpenDatabase();
        var round = await db.Rounds.FirstAsync(r => r.Id == roundId, cancellation);
        var images = await db.Images.Where(i => i.Split == DataSplit.Test).OrderBy(i => i.ContentHash).ToListAsync(cancellation);
        var predictions = images.Index().Select(i =>
        {
            var sure = 0.55 + (0.44 * i.Index / images.Count);
            var takenFor = i.Index % 5 == roundId % 5 ? 1 - i.Item.ReferenceClass!.Value : i.Item.ReferenceClass!.Value;
            return new TestPrediction
            {
                RoundId = roundId,
                ImageId = i.Item.Id,
                ReferenceClass = i.Item.ReferenceClass!.Value,
                Probabilities = TestPrediction.Pack(takenFor == 0 ? [sure, 1 - sure] : [1 - sure, sure]),
                Uncertainty = (1 - sure) / 10,
            };
        }).ToList();
        var set = new PredictionSet(2, [.. predictions.Select(p => p.ReferenceClass)], predictions.SelectMany(p => TestPrediction.Unpack(p.Probabilities).ToArray()).Select(p => (double)p).ToArray());
        (round.RequestedUtc, round.StartedUtc, round.FinishedUtc) = (DateTime.UtcNow, DateTime.UtcNow, DateTime.UtcNow);
        (round.TestCount, round.TestPatients) = (images.Count, images.Select(i => i.Patient).Distinct().Count());
        round.Measures = MeasuredValue.All(set, [.. images.Select(i => i.Patient)], round.SilentFailureThreshold, certified: round.Certificate?.Threshold);
        db.TestPredictions.AddRange(predictions);
        db.RoundEpochs.AddRange(Enumerable.Range(1, round.Epochs).Select(e => new RoundEpoch
        {
            RoundId = roundId,
            Epoch = e,
            SupervisedLoss = 0.7 / e,
            UnlabelledLoss = 0.3 / e,
            ValidationAccuracy = 1 - (0.4 / e),
            Accepted = 1_000 + (40 * e),
            Rejected = 200 / e,
            MeanWeight = 0.6,
            Seconds = 12,
        }));
        await db.SaveChangesAsync(cancellation);
    }

    private static Round Measured(int number, GateVerdict verdict, int? against)
    {
        var rate = verdict == GateVerdict.Pass ? 0.011 : 0.031;
        var criteria = new List<GateCriterion>
        {
            new(GateMeasure.SilentFailureRate, null, rate, new(rate - 0.004, rate + 0.006), 0.02, verdict),
            new(GateMeasure.Sensitivity, 0, 0.952, new(0.931, 0.968), 0.9, GateVerdict.Pass),
            new(GateMeasure.Sensitivity, 1, 0.964, new(0.949, 0.977), 0.9, GateVerdict.Pass),
            new(GateMeasure.Coverage, null, 0.91, new(0.88, 0.93), 0.5, GateVerdict.Pass),
        };
        if (against is not null)
        {
            criteria.Insert(0, new(GateMeasure.SilentFailureDifference, null, 0.02, new(0.012, 0.029), 0.005, GateVerdict.Fail));
        }

        return new Round
        {
            ProjectId = 1,
            Number = number,
            Method = "safemed-ssl",
            State = RoundState.Completed,
            StartedUtc = DateTime.UtcNow.AddMinutes(-20),
            FinishedUtc = DateTime.UtcNow,
            ModelFile = $"round-{number}.safetensors",
            ImageSize = 64,
            Epochs = 10,
            SilentFailureThreshold = 0.8,
            CertifiedRate = 0.01,
            CertifiedDoubt = 0.05,
            LabelCount = 400 * number,
            TestCount = 4_636,
            TestPatients = 40,
            Accuracy = 0.958,
            AccuracyLow = 0.947,
            AccuracyHigh = 0.968,
            Auc = 0.9891,
            SilentFailureRate = rate,
            SilentFailureLow = rate - 0.004,
            SilentFailureHigh = rate + 0.006,
            GateAgainstRoundId = against,
            Gate = new GateReport(verdict, 0.8, 4_636, 40, criteria, against is null ? null : 98, against is null ? null : 5, against is null ? null : 1e-12),
        };
    }
}
