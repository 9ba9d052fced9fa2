namespace SafeMedLabel.Web.Endpoints;

/// <summary>Archives that come from an admin's browser.</summary>
internal sealed class UploadOptions
{
    /// <summary>Name of the settings' section.</summary>
    public const string Section = "Uploads";

    /// <summary>How many requests a person may send a minute, 1 to 1,000,000; they may save up as many. A request carries up to 8 MiB of an archive.</summary>
    public int RequestsPerMinute { get; set; } = 1200;

    /// <summary>Whether the settings can be.</summary>
    public bool IsValid => RequestsPerMinute is >= 1 and <= 1_000_000;
}
