namespace SafeMedLabel.Learning.Checkpoints;

/// <summary>What a model was trained on, and whether that is all: a figure from any of it would flatter the model.</summary>
/// <param name="Learned">What its weights were made of, with or without labels, in this training and in those it went on from.</param>
/// <param name="Tuned">What its epoch, temperature, thresholds and certificate were chosen by.</param>
/// <param name="IsComplete">False where it, or what it began with, may have been trained on more that nobody recorded.</param>
public sealed record TrainingRecord(SeenData Learned, SeenData Tuned, bool IsComplete)
{
    /// <summary>Of a model that was trained elsewhere, or by an earlier version of the program.</summary>
    public static TrainingRecord Unknown { get; } = new(SeenData.None, SeenData.None, IsComplete: false);

    /// <summary>Of weights that no image of patients has made: random ones, or ImageNet's.</summary>
    public static TrainingRecord None { get; } = new(SeenData.None, SeenData.None, IsComplete: true);

    /// <summary>Whether the image, or another of its patient, was learned from or tuned by.</summary>
    /// <param name="contentHash">SHA-256 of its file, 64 hexadecimal digits.</param>
    /// <param name="patient">Its patient; null where nobody knows the patient.</param>
    public bool Has(string contentHash, string? patient) => Learned.Has(contentHash, patient) || Tuned.Has(contentHash, patient);

    /// <summary>
    /// How many of the images that a training would be measured with would flatter it: test images that were learned from or tuned by, and images for
    /// choosing and calibrating that were learned from. Other images of their patients count as they do.
    /// </summary>
    /// <param name="test">Of each test image the SHA-256 of its file and its patient; null where nobody knows the patient.</param>
    /// <param name="tuning">The same of the validation and calibration images.</param>
    public int CountFlattering(IEnumerable<(string ContentHash, string? Patient)> test, IEnumerable<(string ContentHash, string? Patient)> tuning) =>
        test.Count(i => Has(i.ContentHash, i.Patient)) + tuning.Count(i => Learned.Has(i.ContentHash, i.Patient));

    /// <summary>Of a training that began with weights of <paramref name="beginning"/>.</summary>
    public TrainingRecord After(TrainingRecord beginning)
    {
        ArgumentNullException.ThrowIfNull(beginning);
        return new TrainingRecord(Learned.With(beginning.Learned), Tuned.With(beginning.Tuned), IsComplete && beginning.IsComplete);
    }

    /// <summary>As it is kept in a model's file.</summary>
    internal Stored Store() => new(Learned.Store(), Tuned.Store(), IsComplete);

    /// <summary>Reads what a model's file says.</summary>
    /// <exception cref="InvalidDataException">No such record was stored.</exception>
    internal static TrainingRecord Read(Stored stored) => new(SeenData.Read(stored.Learned), SeenData.Read(stored.Tuned), stored.IsComplete);

    /// <summary>Written as JSON.</summary>
    internal sealed record Stored(SeenData.Stored Learned, SeenData.Stored Tuned, bool IsComplete);
}
