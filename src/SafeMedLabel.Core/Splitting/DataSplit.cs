namespace SafeMedLabel.Core.Splitting;

/// <summary>What an image is for. All images of a patient share it.</summary>
public enum DataSplit
{
    /// <summary>The pool: read by experts, trained on.</summary>
    Training,

    /// <summary>For temperature, thresholds and the certificate only.</summary>
    Calibration,

    /// <summary>For early stopping and for choosing among epochs.</summary>
    Validation,

    /// <summary>Locked: read by a round's final measurement and nothing else.</summary>
    Test,
}
