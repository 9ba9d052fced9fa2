namespace SafeMedLabel.Application.Jobs;

/// <summary>How long the worker waits for work that gets no further.</summary>
public sealed class JobOptions
{
    /// <summary>Name of the settings' section.</summary>
    public const string Section = "Jobs";

    /// <summary>Times that a job is taken up without getting further: its worker may have died by what it reads.</summary>
    internal const int MostTries = 3;

    /// <summary>Minutes without anything read or written after which an import or export is ended, 5 to 10080.</summary>
    public int StalledMinutes { get; set; } = 60;

    /// <summary>Minutes without a step after which a round or label audit is ended, 30 to 10080.</summary>
    public int StalledTrainingMinutes { get; set; } = 720;

    /// <summary>True where they can be kept to.</summary>
    public bool IsValid => StalledMinutes is >= 5 and <= 10080 && StalledTrainingMinutes is >= 30 and <= 10080;

    /// <summary>Why a job is not taken up once more, in a sentence.</summary>
    internal static string TooManyTries(string what) =>
        $"{what} was begun {MostTries} times, and each time its worker ended without finishing it: something in it may end workers. "
        + "The worker's log may say what; start it again once that is mended.";
}
