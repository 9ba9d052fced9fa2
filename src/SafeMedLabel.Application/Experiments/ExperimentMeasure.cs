using SafeMedLabel.Core.Evaluation;

namespace SafeMedLabel.Application.Experiments;

/// <summary>A number that is reported of each run.</summary>
/// <param name="Name">In the tables' heads.</param>
/// <param name="Read">Its value.</param>
/// <param name="IsRate">Whether it is shown as per cent.</param>
/// <param name="IsCompared">Whether methods are tested against each other by it.</param>
/// <param name="IsEvent">Where it is the rate of an event among images, whether an image of a run is one; else null.</param>
internal sealed record ExperimentMeasure(
    string Name, Func<ExperimentRun, double> Read, bool IsRate = true, bool IsCompared = true, Func<ExperimentRun, TestedImage, bool>? IsEvent = null)
{
    private const string Coverage = "0.90";

    /// <summary>The numbers of experiments on data of these classes.</summary>
    public static ExperimentMeasure[] Of(IReadOnlyList<string> classNames) =>
    [
        new("accuracy", run => run.Report.Accuracy, IsEvent: (_, image) => image.Predicted == image.Label),
        new("AUC", run => run.Report.Auc ?? double.NaN, IsRate: false),
        new("SFR over 0.80", run => run.Report.SilentFailureRate["0.80"], IsCompared: false),
        new("SFR over 0.95", run => run.Report.SilentFailureRate["0.95"], IsEvent: (_, image) => image.IsSilentFailure(0.95)),
        new("coverage over 0.95", run => run.Report.Coverage["0.95"], IsCompared: false),
        .. classNames.Select((name, k) => new ExperimentMeasure(
            $"SFR over 0.95 of {name}", run => run.Report.SilentFailureRateByClass[k] is { } rates ? rates["0.95"] : double.NaN, IsCompared: false)),
        new(
            "SFR at 90 % coverage",
            run => run.AtCoverage[Coverage].SilentFailureRate,
            IsEvent: (run, image) => image.IsSilentFailure(run.AtCoverage[Coverage].Threshold)),
        new("AURC", run => run.Report.Aurc, IsRate: false),
        new("ECE", run => run.Report.Ece, IsRate: false, IsCompared: false),
    ];
}
