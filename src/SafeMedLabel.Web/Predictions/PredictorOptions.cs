namespace SafeMedLabel.Web.Predictions;

/// <summary>The process that classifies images for programs. It starts with the first one.</summary>
public sealed class PredictorOptions
{
    /// <summary>Name of the settings' section.</summary>
    public const string Section = "Predictor";

    /// <summary>Threads it computes with, 1 to 1024.</summary>
    public int Threads { get; set; } = 1;

    /// <summary>Images that may wait for it, 1 to 1000; more are asked to come again later.</summary>
    public int MaximumWaiting { get; set; } = 16;

    /// <summary>Seconds after which an unanswered image counts as lost and the process as hung, 1 to 3600.</summary>
    public int TimeoutSeconds { get; set; } = 60;

    /// <summary>Minutes without an image after which it ends and gives its memory back, 1 to 10080.</summary>
    public int IdleMinutes { get; set; } = 15;

    /// <summary>Largest image file in megabytes, 1 to 1024.</summary>
    public int MaximumMegabytes { get; set; } = 20;

    /// <summary>Whether it can be worked with.</summary>
    internal bool IsValid =>
        this is { Threads: >= 1 and <= 1024, MaximumWaiting: >= 1 and <= 1000, TimeoutSeconds: >= 1 and <= 3600, IdleMinutes: >= 1 and <= 10_080, MaximumMegabytes: >= 1 and <= 1024 };
}
