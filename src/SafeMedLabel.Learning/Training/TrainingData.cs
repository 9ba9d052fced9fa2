using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Data;

namespace SafeMedLabel.Learning.Training;

/// <summary>What to train on: rows of a pixel store. The locked test set is not among them.</summary>
/// <param name="Pixels">The images.</param>
/// <param name="Classes">K.</param>
/// <param name="Labelled">Rows with a label.</param>
/// <param name="Labels">Their classes, 0-based.</param>
/// <param name="Unlabelled">Rows without; may be empty.</param>
/// <param name="Validation">Rows for choosing among epochs; may be empty.</param>
/// <param name="ValidationLabels">Their classes.</param>
/// <param name="Hash">Identifies the pixels: a checkpoint of other data is not continued.</param>
public sealed record TrainingData(
    PixelStore Pixels,
    int Classes,
    IReadOnlyList<int> Labelled,
    IReadOnlyList<int> Labels,
    IReadOnlyList<int> Unlabelled,
    IReadOnlyList<int> Validation,
    IReadOnlyList<int> ValidationLabels,
    string Hash)
{
    /// <summary>
    /// Rows of other patients with a label, that the temperature and thresholds are set on once training has ended; may be empty. No
    /// step, filter or choice among epochs reads them: they would no longer be a calibration set.
    /// </summary>
    public IReadOnlyList<int> Calibration { get; init; } = [];

    /// <summary>Their classes.</summary>
    public IReadOnlyList<int> CalibrationLabels { get; init; } = [];

    /// <summary>Their patients: a promise about new patients is worth as many as it was found on.</summary>
    public IReadOnlyList<string> CalibrationPatients { get; init; } = [];

    /// <summary>
    /// Classes of the unlabelled rows where an experiment knows them, else null. The filter's ledger alone reads them; no method does.
    /// </summary>
    public IReadOnlyList<int>? UnlabelledTruth { get; init; }

    /// <summary>
    /// So many of the unlabelled rows, the first, will be read by experts once training has ended: what the filter made of their pseudo-labels
    /// is kept of each epoch.
    /// </summary>
    public int Audited { get; init; }

    /// <summary>The images and patients of all these rows, as the model's file will say them.</summary>
    public TrainingRecord Record { get; init; } = TrainingRecord.Unknown;

    /// <summary>Throws when it cannot be trained on.</summary>
    /// <exception cref="ArgumentException">One sentence.</exception>
    public void Validate()
    {
        if (Labelled.Count != Labels.Count || Validation.Count != ValidationLabels.Count || Calibration.Count != CalibrationLabels.Count
            || Calibration.Count != CalibrationPatients.Count || (UnlabelledTruth is { } truth && truth.Count != Unlabelled.Count))
        {
            throw new ArgumentException("Each labelled image needs its class, and each calibration image its patient.");
        }

        if (Audited < 0 || Audited > Unlabelled.Count)
        {
            throw new ArgumentException($"{Audited} of {Unlabelled.Count} unlabelled images cannot be audited.");
        }

        if (Labels.Concat(ValidationLabels).Concat(CalibrationLabels).Any(label => label < 0 || label >= Classes))
        {
            throw new ArgumentException($"A class lies outside 0 … {Classes - 1}.");
        }

        if (Labels.Distinct().Count() < 2)
        {
            throw new ArgumentException("Training needs labels of at least two classes.");
        }

        if (Labelled.Concat(Unlabelled).Concat(Validation).Concat(Calibration).Any(row => row < 0 || row >= Pixels.Count))
        {
            throw new ArgumentException($"An image lies outside the {Pixels.Count} of the pixel store.");
        }

        if (Validation.Concat(Calibration).Intersect(Labelled.Concat(Unlabelled)).Any() || Validation.Intersect(Calibration).Any())
        {
            throw new ArgumentException("An image is in two of training, validation and calibration: its figure would flatter the model.");
        }
    }

    /// <summary>SHA-256 of all but the pixels, for which <see cref="Hash"/> speaks: two trainings on the same data have the same.</summary>
    public string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var numbers in new[] { [Classes, Pixels.Size, Pixels.Count], Labelled, Labels, Unlabelled, Validation, ValidationLabels, Calibration, CalibrationLabels })
        {
            hash.AppendData(BitConverter.GetBytes(numbers.Count));
            hash.AppendData(MemoryMarshal.AsBytes(numbers.ToArray().AsSpan()));
        }

        hash.AppendData(Encoding.UTF8.GetBytes(Hash));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
