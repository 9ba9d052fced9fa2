namespace SafeMedLabel.Application.Monitoring;

/// <summary>Whether anybody doubts the class that an image came with.</summary>
public enum ReferenceState
{
    /// <summary>Nobody does.</summary>
    Undoubted,

    /// <summary>Somebody does; an adjudicator is to decide.</summary>
    Doubted,

    /// <summary>An adjudicator has decided; it counts from the next round on.</summary>
    Decided,
}

/// <summary>A test image that a round's model got wrong and was sure of.</summary>
/// <param name="ImageId">The image.</param>
/// <param name="ClassIndex">What the model took it for.</param>
/// <param name="Confidence">With what probability.</param>
/// <param name="Uncertainty">Variance of the MC-Dropout passes.</param>
/// <param name="ReferenceClass">What it was held to be.</param>
/// <param name="IsNew">The round before was not silently wrong about it.</param>
/// <param name="HasAttribution">Whether it is known what the model saw its evidence in.</param>
/// <param name="State">Whether the reference stands.</param>
/// <param name="DecidedClass">What an adjudicator decided; null for 'unreadable', and where nothing is decided.</param>
public sealed record SilentFailure(
    Guid ImageId,
    int ClassIndex,
    double Confidence,
    double Uncertainty,
    int ReferenceClass,
    bool IsNew,
    bool HasAttribution,
    ReferenceState State,
    int? DecidedClass);
