using SafeMedLabel.Application.Monitoring;

namespace SafeMedLabel.Application.Rounds;

/// <summary>An image of a round: its row in the pixel file and what the round may know of it.</summary>
/// <param name="Id">Key.</param>
/// <param name="Index">Row in the pixel file.</param>
/// <param name="ContentHash">SHA-256 of the file; breaks ties.</param>
/// <param name="Patient">The patient.</param>
/// <param name="ClassIndex">The class where the round may know it; −1 in the pool.</param>
public sealed record RoundImage(Guid Id, int Index, string ContentHash, string Patient, int ClassIndex);

/// <summary>A round's images by their part in it.</summary>
public sealed record RoundData
{
    /// <summary>The project's folder.</summary>
    public required string Folder { get; init; }

    /// <summary>Pixels of all images.</summary>
    public required PixelSource Pixels { get; init; }

    /// <summary>Content hash of the image in each row of <see cref="Pixels"/>.</summary>
    public required IReadOnlyList<string> ContentHashes { get; init; }

    /// <summary>Class names in index order.</summary>
    public required IReadOnlyList<string> ClassNames { get; init; }

    /// <summary>Training images with an expert's label in the snapshot.</summary>
    public required IReadOnlyList<RoundImage> Labelled { get; init; }

    /// <summary>Training images without one.</summary>
    public required IReadOnlyList<RoundImage> Pool { get; init; }

    /// <summary>Images of the validation split with a reference label.</summary>
    public required IReadOnlyList<RoundImage> Validation { get; init; }

    /// <summary>Images of the calibration split with a reference label.</summary>
    public required IReadOnlyList<RoundImage> Calibration { get; init; }

    /// <summary>The locked test set: images of the test split with a reference label.</summary>
    public required IReadOnlyList<RoundImage> Test { get; init; }

    /// <summary>Identifies images and label snapshot.</summary>
    public required string DataHash { get; init; }

    /// <summary>The training of a round. No pixel of the test set is in it.</summary>
    /// <param name="round">The round.</param>
    /// <param name="modelPath">Where its model goes.</param>
    /// <param name="beginningFile">The file of weights that it begins with, and its SHA-256; null where it begins with none.</param>
    public TrainingTask ToTrainingTask(Round round, string modelPath, (string Path, string Hash)? beginningFile) => new()
    {
        Pixels = Pixels,
        Labelled = [.. Labelled.Select(i => i.Index)],
        Labels = [.. Labelled.Select(i => i.ClassIndex)],
        Pool = [.. Pool.Select(i => i.Index)],
        Audited = LiveCheckService.Checked(Pool.Count),
        Validation = [.. Validation.Select(i => i.Index)],
        ValidationLabels = [.. Validation.Select(i => i.ClassIndex)],
        Calibration = [.. Calibration.Select(i => i.Index)],
        CalibrationLabels = [.. Calibration.Select(i => i.ClassIndex)],
        CalibrationPatients = [.. Calibration.Select(i => i.Patient)],
        CertifiedRate = round.CertifiedRate,
        CertifiedDoubt = round.CertifiedDoubt,
        ClassNames = ClassNames,
        Method = round.Method,
        Epochs = round.Epochs,
        Beginning = round.Beginning,
        BeginningFile = beginningFile?.Path,
        BeginningFileHash = beginningFile?.Hash,
        Seed = round.Seed,
        DataHash = DataHash,
        Learned = [.. Labelled.Concat(Pool).Select(ImageIdentity.Of)],
        Tuned = [.. Validation.Concat(Calibration).Select(ImageIdentity.Of)],
        Locked = [.. Test.Select(ImageIdentity.Of)],
        CheckpointPath = Path.ChangeExtension(modelPath, ".checkpoint"),
        ModelPath = modelPath,
    };
}
