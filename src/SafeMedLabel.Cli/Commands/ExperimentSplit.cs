using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Cli.Commands;

/// <summary>A loaded data set by patient into training, validation, calibration and the locked test, as a function of set and seed alone.</summary>
internal sealed class ExperimentSplit
{
    public ExperimentSplit(LoadedDataset data, long seed)
    {
        var byPatient = PatientSplitter.Split([.. data.Images.Select(i => new SplitItem(i.Patient, i.ClassIndex))], new SplitFractions(), (ulong)seed);
        int[] Rows(DataSplit split) => [.. Enumerable.Range(0, data.Images.Count).Where(i => byPatient[data.Images[i].Patient] == split)];
        (Training, Validation, Test) = (Rows(DataSplit.Training), Rows(DataSplit.Validation), Rows(DataSplit.Test));
        TestPatients = [.. byPatient.Where(p => p.Value == DataSplit.Test).Select(p => p.Key).Order(StringComparer.Ordinal)];
    }

    public int[] Training { get; }

    public int[] Validation { get; }

    public int[] Test { get; }

    public IReadOnlyList<string> TestPatients { get; }
}
