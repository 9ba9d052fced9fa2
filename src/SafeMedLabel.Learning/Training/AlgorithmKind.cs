using System.Text.Json.Serialization;

namespace SafeMedLabel.Learning.Training;

/// <summary>The algorithms behind the methods.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AlgorithmKind>))]
public enum AlgorithmKind
{
    /// <summary><see cref="Algorithms.SupervisedAlgorithm"/>.</summary>
    Supervised,

    /// <summary><see cref="Algorithms.FixMatchAlgorithm"/>.</summary>
    FixMatch,

    /// <summary><see cref="Algorithms.SafeMedSslAlgorithm"/>.</summary>
    SafeMedSsl,

    /// <summary><see cref="Algorithms.AsCodedAlgorithm"/>.</summary>
    AsCoded,
}
