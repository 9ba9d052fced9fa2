using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Exports;

/// <summary>An image and all that was said of it, as it leaves the program. Classes stand with their names.</summary>
/// <param name="File">The picture's path in a package; unique.</param>
/// <param name="Id">Its key in the program.</param>
/// <param name="ContentHash">SHA-256 of the file.</param>
/// <param name="Patient">The patient.</param>
/// <param name="Site">Where it was taken; null where nobody said.</param>
/// <param name="Split">Which part of the data it belongs to.</param>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
/// <param name="Reference">The class that came with it; null where none did.</param>
/// <param name="Consensus">What its readers agree on, or an adjudicator decided; null where they do not, and of an image that is not to be read.</param>
/// <param name="Standing">How its label stands.</param>
/// <param name="Decision">What an adjudicator decided of it; null where nobody had to.</param>
/// <param name="Readings">Its readers' answers, the oldest first.</param>
public sealed record ExportedImage(
    string File, Guid Id, string ContentHash, string Patient, string? Site, DataSplit Split, int Width, int Height, string? Reference, string? Consensus, LabelStanding Standing, ExportedDecision? Decision, IReadOnlyList<ExportedReading> Readings)
{
    /// <summary>The class that counts: what was decided of it, or came with it, or its readers agree on; null where there is none.</summary>
    public string? Label => Standing switch
    {
        LabelStanding.Decided or LabelStanding.Agreed => Consensus,
        LabelStanding.Unreadable => null,
        _ => Reference,
    };
}
