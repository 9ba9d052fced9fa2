using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Inference;
using SafeMedLabel.Learning.Networks;
using SafeMedLabel.Learning.Training;

namespace SafeMedLabel.Cli.Commands;

/// <summary>
/// A loaded data set in training, calibration, validation and the locked test, as a function of set and seed alone: by patient, or
/// by image, which only serves to compare with experiments that did so.
/// </summary>
internal sealed class ExperimentSplit
{
    private readonly LoadedDataset _data;
    private readonly PixelStore _pixels;
    private readonly long _seed;

    public ExperimentSplit(LoadedDataset data, PixelStore pixels, long seed, bool byImage = false)
    {
        (_data, _pixels, _seed) = (data, pixels, seed);
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

    public string[] PatientsOf(IEnumerable<int> rows) => [.. rows.Select(row => _data.Images[row].Patient)];

    /// <summary>Training images drawn by class, whose labels are known at first.</summary>
    /// <exception cref="ArgumentException">There are fewer.</exception>
    public int[] Draw(int count)
    {
        RequireTraining(count);
        return [.. LabelledSubset.Draw(ClassesOf(Training), count, (ulong)_seed).Select(i => Training[i])];
    }

    /// <summary>Refuses to label more training images than there are.</summary>
    /// <exception cref="ArgumentException">There are fewer training images.</exception>
    public void RequireTraining(int count)
    {
        if (count > Training.Length)
        {
            throw new ArgumentException($"There are only {Training.Length} training images; {count} labels were asked for.");
        }
    }

    /// <summary>Training data with the labels of a fraction of the training images.</summary>
    /// <exception cref="ArgumentException">The fraction is out of range.</exception>
    public TrainingData Label(double fraction) => fraction is > 0 and <= 1
        ? Label(Draw(Math.Max(2, (int)Math.Round(fraction * Training.Length))))
        : throw new ArgumentException("--labelled lies above 0 and not above 1.");

    /// <summary>Training data in which the labels of these training images are known.</summary>
    public TrainingData Label(IReadOnlyCollection<int> known)
    {
        var isKnown = known.ToHashSet();
        int[] labelled = [.. Training.Where(isKnown.Contains)];
        int[] unlabelled = [.. Training.Where(row => !isKnown.Contains(row))];
        return new TrainingData(_pixels, _data.ClassNames.Count, labelled, ClassesOf(labelled), unlabelled, Validation, ClassesOf(Validation), _data.Hash)
        {
            Calibration = Calibration,
            CalibrationLabels = ClassesOf(Calibration),
            CalibrationPatients = PatientsOf(Calibration),
            UnlabelledTruth = ClassesOf(unlabelled),
            Record = new TrainingRecord(
                SeenData.Of(IdentitiesOf(Training)), SeenData.Of(IdentitiesOf([.. Validation, .. Calibration])), IsComplete: true),
        };
    }

    /// <summary>What a network says of these images.</summary>
    public PredictionSet Predict(ResNet18 network, int[] rows, CancellationToken cancellationToken) =>
        new(_data.ClassNames.Count, ClassesOf(rows), new Predictor(network, _pixels).Probabilities(rows, cancellationToken));

    /// <summary>Refuses weights that were trained on images that this split measures with, or on others of their patients.</summary>
    /// <exception cref="ArgumentException">They were.</exception>
    public void RequireStrange(InitialWeights? weights)
    {
        var known = weights?.TrainedOn.CountFlattering(IdentitiesOf(Test), IdentitiesOf([.. Validation, .. Calibration])) ?? 0;
        if (known > 0)
        {
            throw new ArgumentException(
                $"The weights of {weights!.Name} were trained on {known:n0} of the images that would be measured with, or on others of their patients: "
                + "the figures would flatter the model.");
        }
    }

    private (string ContentHash, string? Patient)[] IdentitiesOf(IEnumerable<int> rows) =>
        [.. rows.Select(row => (_data.Images[row].ContentHash, _data.Images[row].KnownPatient))];

    public int[] ClassesOf(IEnumerable<int> rows) => [.. rows.Select(row => _data.Images[row].ClassIndex)];
}
