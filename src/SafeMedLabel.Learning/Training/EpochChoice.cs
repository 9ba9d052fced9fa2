using System.Text.Json.Serialization;

namespace SafeMedLabel.Learning.Training;

/// <summary>Which epoch's weights are the model. Without validation images it is the last.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<EpochChoice>))]
public enum EpochChoice
{
    /// <summary>The most accurate on validation, the later of equals.</summary>
    MostAccurate,

    /// <summary>That of the lowest cross-entropy on validation, the later of equals.</summary>
    LowestLoss,

    /// <summary>The last.</summary>
    Last,
}
