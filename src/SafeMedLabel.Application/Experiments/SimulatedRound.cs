using SafeMedLabel.Core.Evaluation;

namespace SafeMedLabel.Application.Experiments;

/// <summary>A round of a simulated active-learning loop.</summary>
/// <param name="Acquisition">How the labels of this and later rounds were asked for.</param>
/// <param name="Seed">Seed of split, first labels and training.</param>
/// <param name="Round">1-based.</param>
/// <param name="Labelled">Labels that the model was trained on.</param>
/// <param name="Accuracy">On the test patients, as all that follow.</param>
/// <param name="Auc">Null where only one class was present.</param>
/// <param name="Sfr">Silent-failure rate by threshold; keys as <see cref="EvaluationReport.Key"/> writes them.</param>
/// <param name="Aurc">Area under the risk–coverage curve.</param>
/// <param name="LabelledPatients">Patients that the labels come from.</param>
/// <param name="Seconds">Time of training and measuring.</param>
public sealed record SimulatedRound(
    string Acquisition, long Seed, int Round, int Labelled, double Accuracy, double? Auc, IReadOnlyDictionary<string, double> Sfr, double Aurc, int LabelledPatients, double Seconds);
