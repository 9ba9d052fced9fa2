namespace SafeMedLabel.Application.Monitoring;

/// <summary>Where a label audit stands.</summary>
public enum LabelAuditState
{
    /// <summary>Waits for the worker.</summary>
    Queued,

    /// <summary>Trains and asks.</summary>
    Running,

    /// <summary>Done: its findings are there, if there are any.</summary>
    Completed,

    /// <summary>Stopped by an error that <see cref="LabelAudit.Error"/> tells.</summary>
    Failed,

    /// <summary>Stopped by a person.</summary>
    Cancelled,
}
