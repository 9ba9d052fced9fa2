namespace SafeMedLabel.Application.Exports;

/// <summary>Where an export stands.</summary>
public enum ExportState
{
    /// <summary>Waits for the worker.</summary>
    Queued,

    /// <summary>Is being written.</summary>
    Running,

    /// <summary>Its file can be downloaded.</summary>
    Completed,

    /// <summary>Stopped by an error that <see cref="DataExport.Error"/> tells.</summary>
    Failed,
}
