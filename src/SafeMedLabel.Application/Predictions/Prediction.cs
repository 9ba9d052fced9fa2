namespace SafeMedLabel.Application.Predictions;

/// <summary>What may be done with a model's answer.</summary>
public enum PredictionDecision
{
    /// <summary>An expert must look: the model is not sure enough, or nothing is promised about it.</summary>
    Refer,

    /// <summary>It may stand: the certificate promises that such answers are rarely wrong.</summary>
    Accept,
}

/// <summary>What a project's active model says of an image that is in no project.</summary>
/// <param name="Reading">What it says.</param>
/// <param name="Class">The most probable class.</param>
/// <param name="Probability">Its probability.</param>
/// <param name="Decision">What may be done with it.</param>
public sealed record Prediction(ModelReading Reading, string Class, double Probability, PredictionDecision Decision);
