using System.Text.Json.Serialization;

namespace SafeMedLabel.Learning.Augmentation;

/// <summary>How much images are changed.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AugmentationKind>))]
public enum AugmentationKind
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Flips and a small shift.</summary>
    Weak,

    /// <summary>Also quarter turns and a little colour: what a cell may look like in another patient's smear.</summary>
    Moderate,

    /// <summary>Flips, a small shift, any rotation, scale, much colour, and a hole.</summary>
    Strong,
}
