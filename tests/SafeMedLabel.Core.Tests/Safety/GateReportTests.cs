using System.Text.Json;
using FsCheck.Xunit;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Tests.Safety;

public sealed class GateReportTests
{
    private const int Images = 2000;
    private const int Patients = 40;

    private static readonly GateLimits Limits = new(0.02, 0.9, 0.5, 0.005);
    private static readonly string[] PatientOf = [.. Enumerable.Range(0, Images).Select(i => $"P{i % Patients}")];

    [Fact]
    public void A_first_model_that_keeps_all_limits_beyond_doubt_passes()
    {
        var report = GateReport.Judge(Model(silent: 10, unsure: 100), null, PatientOf, 0.8, Limits);

        Assert.Equal((GateVerdict.Pass, Images, Patients), (report.Verdict, report.Count, report.Patients));
        Assert.Equal(
            [(GateMeasure.SilentFailureRate, null), (GateMeasure.Sensitivity, 0), (GateMeasure.Sensitivity, 1), (GateMeasure.Coverage, (int?)null)],
            report.Criteria.Select(c => (c.Measure, c.ClassIndex)));
        Assert.Equal((0.005, 0.95), (report.Criteria[0].Value!.Value, report.Criteria[3].Value!.Value));
        Assert.Null(report.McNemar);
    }

    [Theory]
    [InlineData(10, 100, GateVerdict.Pass)]
    [InlineData(35, 100, GateVerdict.InsufficientEvidence)]
    [InlineData(80, 100, GateVerdict.Fail)]
    [InlineData(10, 1000, GateVerdict.InsufficientEvidence)]
    [InlineData(10, 1400, GateVerdict.Fail)]
    public void A_limit_is_kept_or_broken_only_where_the_whole_interval_lies_on_one_side_of_it(int silent, int unsure, GateVerdict verdict) =>
        Assert.Equal(verdict, GateReport.Judge(Model(silent, unsure), null, PatientOf, 0.8, Limits).Verdict);

    [Fact]
    public void A_candidate_that_is_silently_wrong_beyond_chance_more_often_than_the_active_model_fails_though_it_keeps_all_limits()
    {
        var report = GateReport.Judge(Model(silent: 22, unsure: 0), Model(silent: 4, unsure: 0), PatientOf, 0.8, Limits with { LargestSilentFailureRate = 0.1 });

        Assert.Equal((GateVerdict.Fail, 18, 0), (report.Verdict, report.OnlyCandidate!.Value, report.OnlyActive!.Value));
        Assert.All(report.Criteria.Skip(1), c => Assert.Equal(GateVerdict.Pass, c.Verdict));
        Assert.Equal(2 * Math.Pow(2, -18), report.McNemar!.Value, 1e-12);
    }

    [Fact]
    public void A_difference_that_chance_can_explain_is_insufficient_evidence_unless_it_lies_within_the_margin()
    {
        var (candidate, active) = (Model(silent: 12, unsure: 0), Model(silent: 4, unsure: 0, from: 1000));
        var lenient = Limits with { LargestSilentFailureRate = 0.1, Margin = 0.02 };

        Assert.Equal(GateVerdict.InsufficientEvidence, GateReport.Judge(candidate, active, PatientOf, 0.8, lenient with { Margin = 0.005 }).Verdict);
        Assert.Equal(GateVerdict.Pass, GateReport.Judge(candidate, active, PatientOf, 0.8, lenient).Verdict);
    }

    [Fact]
    public void Twenty_images_let_nothing_through_however_right_the_model_is()
    {
        var set = new PredictionSet(2, [.. Enumerable.Range(0, 20).Select(i => i % 2)], Enumerable.Range(0, 20).SelectMany(i => Row(i % 2, 0.99)).ToArray());

        Assert.Equal(GateVerdict.InsufficientEvidence, GateReport.Judge(set, set, PatientOf[..20], 0.8, Limits).Verdict);
    }

    [Fact]
    public void Of_one_patient_nothing_can_be_concluded() =>
        Assert.All(GateReport.Judge(Model(10, 0), null, [.. Enumerable.Repeat("P1", Images)], 0.8, Limits).Criteria, c => Assert.Equal((null, GateVerdict.InsufficientEvidence), (c.Interval, c.Verdict)));

    [Fact]
    public void A_class_without_a_test_image_keeps_the_gate_closed()
    {
        var set = new PredictionSet(2, new int[Images], Enumerable.Range(0, Images).SelectMany(_ => Row(0, 0.99)).ToArray());

        var report = GateReport.Judge(set, null, PatientOf, 0.8, Limits);

        Assert.Equal(GateVerdict.InsufficientEvidence, report.Verdict);
        Assert.Null(report.Criteria.Single(c => c.ClassIndex == 1).Value);
    }

    [Fact]
    public void What_could_not_be_measured_is_insufficient_evidence_and_so_is_what_says_nothing()
    {
        Assert.Equal(GateVerdict.InsufficientEvidence, GateReport.Closed(0.8, "There is no test set.").Verdict);
        Assert.Equal(GateVerdict.InsufficientEvidence, default);
    }

    [Fact]
    public void Models_that_were_asked_about_different_images_are_refused()
    {
        Assert.Throws<ArgumentException>(() => GateReport.Judge(Model(0, 0), new PredictionSet(2, [0], new[] { 1.0, 0 }), PatientOf, 0.8, Limits));
        Assert.Throws<ArgumentException>(() => GateReport.Judge(Model(0, 0), null, ["P1"], 0.8, Limits));
    }

    [Fact]
    public void A_decision_survives_being_stored()
    {
        var report = GateReport.Judge(Model(22, 0), Model(4, 0), PatientOf, 0.8, Limits);

        var text = JsonSerializer.Serialize(report);

        Assert.Equal(text, JsonSerializer.Serialize(JsonSerializer.Deserialize<GateReport>(text)));
    }

    /// <summary>Two trainings of one method, silently wrong in 1 %, on patients who err together: at most 2.5 % may be called worse.</summary>
    [Fact]
    public void A_candidate_no_worse_than_the_active_model_fails_no_more_often_than_stated()
    {
        const int Trials = 200;
        var random = new SeededRandom(7, "gates");
        var failed = Enumerable.Range(0, Trials).Count(_ =>
        {
            double[] rates = [.. Enumerable.Range(0, Patients).Select(_ => random.NextDouble() < 0.25 ? 0.04 : 0)];
            PredictionSet Train() => Model(i => random.NextDouble() < rates[i % Patients]);
            return GateReport.Judge(Train(), Train(), PatientOf, 0.8, Limits).Criteria[0].Verdict == GateVerdict.Fail;
        });

        // Of 200 with a chance of 2.5 %, more than 13 would be seen once in a thousand times.
        Assert.InRange(failed, 0, 13);
    }

    [Property]
    public bool A_model_held_against_itself_is_never_worse(ushort silent, ushort unsure)
    {
        var model = Model(silent % 500, unsure % 500);

        return GateReport.Judge(model, model, PatientOf, 0.8, Limits).Criteria[0].Verdict == GateVerdict.Pass;
    }

    /// <summary>The first images wrong and sure, the next right and unsure, all others right and sure.</summary>
    private static PredictionSet Model(int silent, int unsure, int from = 0) => new(
        2,
        [.. Enumerable.Range(0, Images).Select(ClassOf)],
        Enumerable.Range(0, Images).Select(i => (i, place: i - from)).SelectMany(item => item.place switch
        {
            >= 0 and var place when place < silent => Row(1 - ClassOf(item.i), 0.99),
            >= 0 and var place when place < silent + unsure => Row(ClassOf(item.i), 0.7),
            _ => Row(ClassOf(item.i), 0.99),
        }).ToArray());

    private static PredictionSet Model(Func<int, bool> isSilent) => new(
        2,
        [.. Enumerable.Range(0, Images).Select(ClassOf)],
        Enumerable.Range(0, Images).SelectMany(i => Row(isSilent(i) ? 1 - ClassOf(i) : ClassOf(i), 0.99)).ToArray());

    private static int ClassOf(int i) => i / Patients % 2;

    private static double[] Row(int classIndex, double confidence) => classIndex == 0 ? [confidence, 1 - confidence] : [1 - confidence, confidence];
}
