using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Training;

namespace SafeMedLabel.Cli.Commands;

/// <summary>
/// A loaded data set in training, calibration, validation and the locked test, as a function of set and seed alone: by patient, or
/// by image, which only serves to compare with experiments that did so.
/// </summary>
internal sealed class ExperimentSplit
{
    private readonly LoadedDataset _data;
    private readonly long _seed;

    public ExperimentSplit(LoadedDataset data, long seed, bool byImage = false)
    {
        (_data, _seed) = (data, seed);
        string Unit(LoadedImage image) => byImage ? image.Path : image.Patient;
        var byUnit = PatientSplitter.Split([.. data.Images.Select(i => new SplitItem(Unit(i), i.ClassIndex))], new SplitFractions(), (ulong)seed);
        int[] Rows(DataSplit split) => [.. Enumerable.Range(0, data.Images.Count).Where(i => byUnit[Unit(data.Images[i])] == split)];
        (Training, Calibration, Validation, Test) = (Rows(DataSplit.Training), Rows(DataSplit.Calibration), Rows(DataSplit.Validation), Rows(DataSplit.Test));
        TestPatients = byImage ? [] : [.. byUnit.Where(p => p.Value == DataSplit.Test).Select(p => p.Key).Order(StringComparer.Ordinal)];
        Hash = SplitHash.Compute(byUnit);
    }

    public int[] Training { get; }

    public int[] Calibration { get; }

    public int[] Validation { get; }

    public int[] Test { get; }

    /// <summary>Empty where the split is by image.</summary>
    public IReadOnlyList<string> TestPatients { get; }

    /// <summary>Equal hashes, equal splits.</summary>
    public string Hash { get; }

    public int[] ClassesOf(IEnumerable<int> rows) => [.. rows.Select(row => _data.Images[row].ClassIndex)];

    /// <summary>Training data with the labels of a fraction of the training images, drawn by class.</summary>
    /// <exception cref="ArgumentException">The fraction is out of range.</exception>
    public TrainingData Label(PixelStore pixels, double fraction)
    {
        if (fraction is not (> 0 and <= 1))
        {
            throw new ArgumentException("--labelled lies above 0 and not above 1.");
        }

        var classes = ClassesOf(Training);
        var known = LabelledSubset.Draw(classes, Math.Max(2, (int)Math.Round(fraction * classes.Length)), (ulong)_seed).ToHashSet();
        int[] labelled = [.. Training.Where((_, i) => known.Contains(i))];
        int[] unlabelled = [.. Training.Where((_, i) => !known.Contains(i))];
        return new TrainingData(
            pixels, _data.ClassNames.Count, labelled, ClassesOf(labelled), unlabelled, Validation, ClassesOf(Validation), _data.Hash);
    }
}
