using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Naming;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Datasets;

/// <summary>A set of images with one question, its readers' labels and its training rounds.</summary>
public sealed class Project : IVersioned
{
    /// <summary>What readers are asked where nobody says what.</summary>
    public const string UsualQuestion = "Which class is this cell?";

    private static readonly SplitFractions UsualFractions = new();

    /// <summary>What can be a <see cref="Name"/>.</summary>
    public static TextRule NameRule { get; } = new("A project's name", 100);

    /// <summary>What can be a <see cref="Question"/>.</summary>
    public static TextRule QuestionRule { get; } = new("The question", 200);

    /// <summary>Key.</summary>
    public int Id { get; set; }

    /// <summary>Unique name.</summary>
    public required string Name { get; set; }

    /// <summary>What the readers are asked, shown above the image.</summary>
    public string Question { get; set; } = UsualQuestion;

    /// <summary>True when any imported image was drawn by a program; pages then say 'synthetic'.</summary>
    public bool IsSynthetic { get; set; }

    /// <summary>When it was made, UTC.</summary>
    public DateTime CreatedUtc { get; set; }

    /// <summary>Side of the training pixels, one of <see cref="ProjectSettings.ImageSizes"/>.</summary>
    public int ImageSize { get; set; } = 64;

    /// <summary>Epochs of a round.</summary>
    public int Epochs { get; set; } = 10;

    /// <summary>The weights that rounds begin with; ImageNet's in place of an active model's where there is none.</summary>
    public Beginning Beginning { get; set; } = Beginning.ImageNet;

    /// <summary>Name of the file in the storage's folder of weights that rounds begin with; null where they begin with none.</summary>
    public string? BeginningFile { get; set; }

    /// <summary>A mistake is silent when its confidence exceeds this; the dashboard's silent-failure rate is taken here.</summary>
    public double SilentFailureThreshold { get; set; } = 0.80;

    /// <summary>The largest silent-failure rate with which the gate lets a model through.</summary>
    public double LargestSilentFailureRate { get; set; } = 0.02;

    /// <summary>The smallest part of each class's images that such a model recognises.</summary>
    public double SmallestSensitivity { get; set; } = 0.9;

    /// <summary>The smallest part of images that such a model answers.</summary>
    public double SmallestCoverage { get; set; } = 0.5;

    /// <summary>How much more often than the active model a model may be silently wrong before that counts as worse.</summary>
    public double GateMargin { get; set; } = 0.005;

    /// <summary>The silent-failure rate that certificates promise.</summary>
    public double CertifiedRate { get; set; } = Certificate.UsualRate;

    /// <summary>The chance, at most, that such a promise does not hold.</summary>
    public double CertifiedDoubt { get; set; } = Certificate.UsualDoubt;

    /// <summary>The round whose model may be used; null where there is none. Only <see cref="PromotionService"/> and the gate set it.</summary>
    public int? ActiveRoundId { get; set; }

    /// <summary>How the queue is ranked.</summary>
    public AcquisitionFunction Acquisition { get; set; } = AcquisitionFunction.LeastConfidence;

    /// <summary>Rank the queue anew after so many new labels, without a round; null for by rounds only.</summary>
    public int? RerankAfterLabels { get; set; } = 10;

    /// <summary>Whether the queue is ranked between rounds at all: an order by chance has nothing to learn from labels.</summary>
    public bool IsRankedBetweenRounds => RerankAfterLabels is not null && Acquisition != AcquisitionFunction.Random;

    /// <summary>Start a round after so many new labels; null for by hand only.</summary>
    public int? RetrainAfterLabels { get; set; }

    /// <summary>Start a round at this hour of each day (UTC) when there are new labels; null for not.</summary>
    public int? RetrainAtHour { get; set; }

    /// <summary>How long a reader may hold an image.</summary>
    public int LeaseMinutes { get; set; } = 10;

    /// <summary>How many readers answer each image, independently of each other.</summary>
    public int ReadingsPerImage { get; set; } = 1;

    /// <summary>Part of the ranked pool, the most uncertain, that two readers answer where one is the rule; 0 to 1.</summary>
    public double SecondReadingFraction { get; set; }

    /// <summary>Part of the queue that is drawn at random from the whole pool, once a round has ranked it; 0 to 1.</summary>
    public double AuditFraction { get; set; } = 0.1;

    /// <summary>How many images of known class are kept to see how reliably readers read; see <see cref="DataSplit.Gold"/>.</summary>
    public int GoldImages { get; set; }

    /// <summary>Part of the queue that is drawn from them; 0 to 1.</summary>
    public double GoldFraction { get; set; } = 0.05;

    /// <summary>How several readers' answers become a label.</summary>
    public ConsensusRule Consensus { get; set; }

    /// <summary>True where readers may confirm many images of one proposed class at once.</summary>
    public bool GridAllowed { get; set; } = true;

    /// <summary>True where readers may see what the model says of an image, once they have answered it, and change their answer.</summary>
    public bool RevealAllowed { get; set; }

    /// <summary>Width of an imported image's pixel in micrometres, for the scale bar; null where it is not known.</summary>
    public double? MicrometresPerPixel { get; set; }

    /// <summary>True where only those see it who were given a role in it, and admins.</summary>
    public bool IsClosed { get; set; }

    /// <summary>Seed of the split and of every round.</summary>
    public long Seed { get; set; }

    /// <summary>Part of the images, by whole patients, that is locked for the test.</summary>
    public double TestShare { get; set; } = UsualFractions.Test;

    /// <summary>Part of the images, by whole patients, that temperature, thresholds and certificate are found on.</summary>
    public double CalibrationShare { get; set; } = UsualFractions.Calibration;

    /// <summary>By which new patients are parted.</summary>
    public SplitFractions Fractions => new(CalibrationShare, UsualFractions.Validation, TestShare);

    /// <summary>The round whose scores order the queue; null before the first.</summary>
    public int? QueueRoundId { get; set; }

    /// <summary>What the gate asks of a model.</summary>
    public GateLimits Limits => new(LargestSilentFailureRate, SmallestSensitivity, SmallestCoverage, GateMargin);

    /// <summary>The classes in key order.</summary>
    public List<ProjectClass> Classes { get; set; } = [];

    /// <inheritdoc />
    public Guid Version { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<Project>
    {
        public void Configure(EntityTypeBuilder<Project> builder)
        {
            builder.Property(p => p.Name).HasMaxLength(NameRule.Max);
            builder.HasIndex(p => p.Name).IsUnique();
            builder.Property(p => p.Question).HasMaxLength(QuestionRule.Max);
            builder.Property(p => p.BeginningFile).HasMaxLength(WeightsFiles.MaxName);
            builder.Property(p => p.Version).IsConcurrencyToken();
        }
    }
}
