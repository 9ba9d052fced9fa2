using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Safety;

namespace SafeMedLabel.Application.Datasets;

/// <summary>What a lead may change of a project.</summary>
public sealed record ProjectSettings
{
    /// <summary>Sides of training pixels that a project may choose; the smallest is for a quick look at how a method behaves.</summary>
    public static IReadOnlyList<int> ImageSizes { get; } = [32, 64, 96, 128];

    /// <summary><see cref="ImageSizes"/> in words.</summary>
    public static string ImageSizesInWords { get; } = $"{string.Join(", ", ImageSizes.SkipLast(1))} or {ImageSizes[^1]}";

    /// <summary>Name, 1 to 100 characters.</summary>
    public required string Name { get; init; }

    /// <summary>Question to the readers, 1 to 200 characters.</summary>
    public required string Question { get; init; }

    /// <summary>One of <see cref="ImageSizes"/>.</summary>
    public int ImageSize { get; init; }

    /// <summary>1 to 200.</summary>
    public int Epochs { get; init; }

    /// <summary>The weights that rounds begin with.</summary>
    public Beginning Beginning { get; init; } = Beginning.ImageNet;

    /// <summary>Where <see cref="Beginning"/> is a file: its name in the storage's folder of weights, as <see cref="WeightsFiles.IsName"/> has it. Else it does not count.</summary>
    public string? BeginningFile { get; init; }

    /// <summary>One of the sweep's thresholds, <see cref="EvaluationReport.Thresholds"/>.</summary>
    public double SilentFailureThreshold { get; init; }

    /// <summary>How the queue is ranked.</summary>
    public AcquisitionFunction Acquisition { get; init; }

    /// <summary>Null, or 1 to 10,000.</summary>
    public int? RerankAfterLabels { get; init; } = 10;

    /// <summary>Null, or 1 to 100,000.</summary>
    public int? RetrainAfterLabels { get; init; }

    /// <summary>Null, or 0 to 23, UTC.</summary>
    public int? RetrainAtHour { get; init; }

    /// <summary>1 to 240.</summary>
    public int LeaseMinutes { get; init; }

    /// <summary>1 to 5.</summary>
    public int ReadingsPerImage { get; init; } = 1;

    /// <summary>0 to 1.</summary>
    public double SecondReadingFraction { get; init; }

    /// <summary>0 to 0.5.</summary>
    public double AuditFraction { get; init; } = 0.1;

    /// <summary>0 to 10,000.</summary>
    public int GoldImages { get; init; }

    /// <summary>0 to 0.5.</summary>
    public double GoldFraction { get; init; } = 0.05;

    /// <summary>How several readers' answers become a label.</summary>
    public ConsensusRule Consensus { get; init; }

    /// <summary>Readers may confirm many images of one proposed class at once.</summary>
    public bool GridAllowed { get; init; } = true;

    /// <summary>Readers may see what the model says of an image they have answered.</summary>
    public bool RevealAllowed { get; init; }

    /// <summary>Null, or 0.001 to 1,000: from an electron microscope's to a photograph's.</summary>
    public double? MicrometresPerPixel { get; init; }

    /// <summary>Above 0, up to 0.2.</summary>
    public double LargestSilentFailureRate { get; init; } = 0.02;

    /// <summary>0 to 1.</summary>
    public double SmallestSensitivity { get; init; } = 0.9;

    /// <summary>0 to 1.</summary>
    public double SmallestCoverage { get; init; } = 0.5;

    /// <summary>0 to 0.05.</summary>
    public double GateMargin { get; init; } = 0.005;

    /// <summary>0.0001 to 0.2.</summary>
    public double CertifiedRate { get; init; } = Certificate.UsualRate;

    /// <summary>0.001 to 0.5.</summary>
    public double CertifiedDoubt { get; init; } = Certificate.UsualDoubt;

    /// <summary>A project's settings as they are.</summary>
    public static ProjectSettings Of(Project project)
    {
        ArgumentNullException.ThrowIfNull(project);
        return new ProjectSettings
        {
            Name = project.Name,
            Question = project.Question,
            ImageSize = project.ImageSize,
            Epochs = project.Epochs,
            Beginning = project.Beginning,
            BeginningFile = project.BeginningFile,
            SilentFailureThreshold = project.SilentFailureThreshold,
            Acquisition = project.Acquisition,
            RerankAfterLabels = project.RerankAfterLabels,
            RetrainAfterLabels = project.RetrainAfterLabels,
            RetrainAtHour = project.RetrainAtHour,
            LeaseMinutes = project.LeaseMinutes,
            ReadingsPerImage = project.ReadingsPerImage,
            SecondReadingFraction = project.SecondReadingFraction,
            AuditFraction = project.AuditFraction,
            GoldImages = project.GoldImages,
            GoldFraction = project.GoldFraction,
            Consensus = project.Consensus,
            GridAllowed = project.GridAllowed,
            RevealAllowed = project.RevealAllowed,
            MicrometresPerPixel = project.MicrometresPerPixel,
            LargestSilentFailureRate = project.LargestSilentFailureRate,
            SmallestSensitivity = project.SmallestSensitivity,
            SmallestCoverage = project.SmallestCoverage,
            GateMargin = project.GateMargin,
            CertifiedRate = project.CertifiedRate,
            CertifiedDoubt = project.CertifiedDoubt,
        };
    }

    /// <summary>The first thing that is out of its range, as a sentence; null when all is well.</summary>
    public string? Problem() => this switch
    {
        { Name: var name } when Project.NameRule.Problem(name) is { } problem => problem,
        { Question: var question } when Project.QuestionRule.Problem(question) is { } problem => problem,
        { ImageSize: var size } when !ImageSizes.Contains(size) => $"The image size is {ImageSizesInWords}.",
        { Epochs: < 1 or > 200 } => "A round has 1 to 200 epochs.",
        { Beginning: var beginning } when !Enum.IsDefined(beginning) => "A round begins with random weights, ImageNet's, the active model's, or a file's.",
        { Beginning: Beginning.File, BeginningFile: null or "" } => "Choose the file of weights that rounds begin with.",
        { SilentFailureThreshold: var threshold } when !EvaluationReport.Thresholds.Contains(threshold) => "The silent-failure threshold is 0.70, 0.75, 0.80, 0.85, 0.90 or 0.95.",
        { RerankAfterLabels: < 1 or > 10_000 } => "The queue may be ranked anew after 1 to 10,000 new labels.",
        { RetrainAfterLabels: < 1 or > 100_000 } => "A round may start after 1 to 100,000 new labels.",
        { RetrainAtHour: < 0 or > 23 } => "A round may start at 0 to 23 o'clock.",
        { LeaseMinutes: < 1 or > 240 } => "A reader may hold an image for 1 to 240 minutes.",
        { ReadingsPerImage: < 1 or > 5 } => "An image is read by 1 to 5 readers.",
        { SecondReadingFraction: not (>= 0 and <= 1) } => "A second reader gets 0 to 100 % of the pool.",
        { AuditFraction: not (>= 0 and <= 0.5) } => "0 to 50 % of the queue is drawn at random.",
        { GoldImages: < 0 or > 10_000 } => "0 to 10,000 images of known class are kept for checking readers.",
        { GoldFraction: not (>= 0 and <= 0.5) } => "0 to 50 % of the queue are images of known class.",
        { MicrometresPerPixel: { } size } when size is not (>= 0.001 and <= 1000) => "A pixel is 0.001 to 1,000 micrometres wide.",
        { LargestSilentFailureRate: not (> 0 and <= 0.2) } => "The largest silent-failure rate lies above 0 and not above 20 %.",
        { SmallestSensitivity: not (>= 0 and <= 1) } => "The smallest sensitivity is 0 to 100 %.",
        { SmallestCoverage: not (>= 0 and <= 1) } => "The smallest coverage is 0 to 100 %.",
        { GateMargin: not (>= 0 and <= 0.05) } => "A model may be worse by 0 to 5 points.",
        { CertifiedRate: not (>= 0.0001 and <= 0.2) } => "A certificate promises a silent-failure rate of 0.01 to 20 %.",
        { CertifiedDoubt: not (>= 0.001 and <= 0.5) } => "A certificate holds with 50 to 99.9 % confidence.",
        _ => null,
    };
}
