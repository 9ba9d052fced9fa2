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

    /// <summary>Also rotation, scale, colour, and a hole.</summary>
    Strong,
}
