using System.Text.Json.Serialization;

namespace SafeMedLabel.Core.Safety;

/// <summary>What the safety filter's first layer goes by.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<UncertaintyMeasure>))]
public enum UncertaintyMeasure
{
    /// <summary>Sum over classes of the unbiased variance over passes, as published.</summary>
    Variance,

    /// <summary>Mutual information of answer and weights (Houlsby et al. 2011), in nats.</summary>
    Bald,

    /// <summary>One minus the greatest mean probability: the plain rival that every other measure must beat at finding mistakes.</summary>
    Doubt,
}
