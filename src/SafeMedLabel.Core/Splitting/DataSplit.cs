namespace SafeMedLabel.Core.Splitting;

/// <summary>What an image may be used for. The values are stored; do not renumber them.</summary>
public enum DataSplit
{
    /// <summary>The pool: labelled by readers, trained on.</summary>
    Training = 0,

    /// <summary>Temperature, thresholds and the certificate only.</summary>
    Calibration = 1,

    /// <summary>Early stopping and the choice among epochs.</summary>
    Validation = 2,

    /// <summary>Locked: read by the final measurement of a round and by nothing else.</summary>
    Test = 3,

    /// <summary>
    /// Gold: of known class, mixed into readers' queues to see how reliably they read. Drawn from the training images; no model learns from
    /// it or is measured on it, so that it may share patients with them.
    /// </summary>
    Gold = 4,
}
