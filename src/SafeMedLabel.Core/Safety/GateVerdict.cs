namespace SafeMedLabel.Core.Safety;

/// <summary>What the gate says of a model, or one criterion of it. Only <see cref="Pass"/> opens the gate.</summary>
public enum GateVerdict
{
    /// <summary>Not known well enough. What an evaluation that never was leaves behind.</summary>
    InsufficientEvidence,

    /// <summary>Beyond doubt on the wrong side.</summary>
    Fail,

    /// <summary>Beyond doubt on the right side.</summary>
    Pass,
}
