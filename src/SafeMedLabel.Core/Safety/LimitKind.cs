using System.Text.Json.Serialization;

namespace SafeMedLabel.Core.Safety;

/// <summary>How the limit of the safety filter's first layer is found.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LimitKind>))]
public enum LimitKind
{
    /// <summary>There is none.</summary>
    Off,

    /// <summary>It is given, as in the published method.</summary>
    Constant,

    /// <summary>A fraction of the pool lies below it.</summary>
    Quantile,

    /// <summary>Below it the labelled images that were not trained on have at most a given fraction of mistakes.</summary>
    Calibrated,
}
