namespace SafeMedLabel.Application.Jobs;

/// <summary>Kinds of jobs that take turns among themselves.</summary>
public enum JobKind
{
    /// <summary>Rounds and label audits.</summary>
    Learning,

    /// <summary>Imports.</summary>
    Import,

    /// <summary>Exports.</summary>
    Export,
}
