namespace SafeMedLabel.Application.Monitoring;

/// <summary>What of images may drift away from those that a model was trained on.</summary>
public enum DriftQuantity
{
    /// <summary>How red they are.</summary>
    Red,

    /// <summary>How green they are.</summary>
    Green,

    /// <summary>How blue they are.</summary>
    Blue,

    /// <summary>How far light and dark lie apart.</summary>
    Contrast,

    /// <summary>How unsure the model that ranks the queue is of them: one less the mean probability of its answer.</summary>
    Uncertainty,
}
