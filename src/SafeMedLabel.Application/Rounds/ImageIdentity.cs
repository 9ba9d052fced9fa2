using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Naming;

namespace SafeMedLabel.Application.Rounds;

/// <summary>By what an image is known again, in whatever project it lies.</summary>
/// <param name="ContentHash">SHA-256 of its file.</param>
/// <param name="Patient">Its patient; null where nobody knows the patient.</param>
public readonly record struct ImageIdentity(string ContentHash, string? Patient)
{
    /// <summary>The identity of an image of a round.</summary>
    public static ImageIdentity Of(RoundImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return new ImageIdentity(image.ContentHash, TextRule.Clean(image.Patient) is var patient && patient != PatientPattern.Unknown ? patient : null);
    }
}
