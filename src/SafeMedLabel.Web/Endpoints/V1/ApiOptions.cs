namespace SafeMedLabel.Web.Endpoints.V1;

/// <summary>Settings of the API.</summary>
internal sealed class ApiOptions
{
    /// <summary>Name of the settings' section.</summary>
    public const string Section = "Api";

    /// <summary>How many requests a key may send a minute, 1 to 1,000,000; it may save up as many.</summary>
    public int RequestsPerMinute { get; set; } = 600;

    /// <summary>How many images a person's keys may ask the model about in a minute, 1 to 1,000,000; they may save up as many. These are counted apart from the others.</summary>
    public int PredictionsPerMinute { get; set; } = 300;

    /// <summary>Whether the settings can be.</summary>
    public bool IsValid => RequestsPerMinute is >= 1 and <= 1_000_000 && PredictionsPerMinute is >= 1 and <= 1_000_000;
}
