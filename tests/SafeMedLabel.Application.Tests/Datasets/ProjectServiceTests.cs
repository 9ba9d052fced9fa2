using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Datasets;

public sealed class ProjectServiceTests : IAsyncLifetime
{
    private static readonly ProjectSettings Settings = new()
    {
        Name = "Malaria",
        Question = "Is there a parasite?",
        ImageSize = 128,
        Epochs = 3,
        Beginning = Beginning.ActiveModel,
        SilentFailureThreshold = 0.9,
        Acquisition = AcquisitionFunction.Entropy,
        RetrainAfterLabels = 25,
        LeaseMinutes = 5,
        MicrometresPerPixel = 0.125,
        ReadingsPerImage = 2,
        SecondReadingFraction = 0.25,
        AuditFraction = 0.2,
        GoldFraction = 0.1,
        Consensus = ConsensusRule.Weighted,
        GridAllowed = false,
        RevealAllowed = true,
        LargestSilentFailureRate = 0.03,
        SmallestSensitivity = 0.95,
        SmallestCoverage = 0.6,
        GateMargin = 0.01,
        CertifiedRate = 0.02,
        CertifiedDoubt = 0.1,
        RetrainAtHour = 23,
    };

    private Workplace _workplace = null!;

    private ProjectService Projects => _workplace.Get<ProjectService>();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _workplace = await Workplace.CreateAsync();

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task Settings_are_stored_as_they_were_given()
    {
        var version = (await Projects.GetAsync(_workplace.ProjectId, Cancellation))!.Version;

        var saved = await Projects.UpdateAsync(_workplace.ProjectId, Settings, version, Cancellation);

        Assert.Null(saved.Error);
        var project = (await Projects.GetAsync(_workplace.ProjectId, Cancellation))!;
        Assert.Equal(Settings, ProjectSettings.Of(project));
    }

    [Fact]
    public async Task Settings_that_somebody_else_has_changed_meanwhile_are_not_written_over()
    {
        var version = (await Projects.GetAsync(_workplace.ProjectId, Cancellation))!.Version;
        await Projects.UpdateAsync(_workplace.ProjectId, Settings with { Epochs = 7 }, version, Cancellation);

        var late = await Projects.UpdateAsync(_workplace.ProjectId, Settings, version, Cancellation);

        Assert.Equal("Somebody else changed these settings meanwhile; reload the page to see theirs.", late.Error);
        Assert.Equal(7, (await Projects.GetAsync(_workplace.ProjectId, Cancellation))!.Epochs);
    }

    [Fact]
    public async Task A_name_that_another_project_has_is_refused()
    {
        var other = await Projects.CreateAsync("Babesia", "", Cancellation);
        var version = (await Projects.GetAsync(other.Value, Cancellation))!.Version;

        var saved = await Projects.UpdateAsync(other.Value, Settings, version, Cancellation);

        Assert.Equal("There is already a project called 'Malaria'.", saved.Error);
    }

    [Theory]
    [InlineData("none.pth", "There is no file 'none.pth' in the folder 'weights' of the storage; whoever runs the server can put it there.")]
    [InlineData("../safemedlabel.db", "A file of weights has a plain name of at most 100 letters, digits, dots, hyphens and underscores, and ends in .safetensors or .pth.")]
    [InlineData("own.pth", null)]
    public async Task Rounds_can_begin_only_with_a_file_that_lies_in_the_storages_folder_of_weights(string name, string? sentence)
    {
        Directory.CreateDirectory(_workplace.Storage.WeightsFolder);
        await File.WriteAllTextAsync(Path.Combine(_workplace.Storage.WeightsFolder, "own.pth"), "weights", Cancellation);
        var before = (await Projects.GetAsync(_workplace.ProjectId, Cancellation))!;
        var saved = await Projects.UpdateAsync(_workplace.ProjectId, Settings with { Beginning = Beginning.File, BeginningFile = name }, before.Version, Cancellation);

        Assert.Equal(sentence, saved.Error);
        var after = (await Projects.GetAsync(_workplace.ProjectId, Cancellation))!;
        Assert.Equal(sentence is null ? (Beginning.File, name) : (before.Beginning, null), (after.Beginning, after.BeginningFile));
    }

    [Fact]
    public async Task A_project_that_begins_with_something_else_names_no_file()
    {
        var version = (await Projects.GetAsync(_workplace.ProjectId, Cancellation))!.Version;
        Assert.Null((await Projects.UpdateAsync(_workplace.ProjectId, Settings with { BeginningFile = "own.pth" }, version, Cancellation)).Error);

        Assert.Null((await Projects.GetAsync(_workplace.ProjectId, Cancellation))!.BeginningFile);
    }

    public static TheoryData<ProjectSettings, string> OutOfRange => new()
    {
        { Settings with { Name = " " }, "A project's name needs 1 to 100 characters." },
        { Settings with { Name = "Malaria\u202E" }, "A project's name may not hold U+202E, which cannot be seen or changes how text is read." },
        { Settings with { Question = new string('?', 201) }, "The question needs 1 to 200 characters." },
        { Settings with { Beginning = (Beginning)9 }, "A round begins with random weights, ImageNet's, the active model's, or a file's." },
        { Settings with { Beginning = Beginning.File }, "Choose the file of weights that rounds begin with." },
        { Settings with { ImageSize = 65 }, "The image size is 32, 64, 96 or 128." },
        { Settings with { Epochs = 0 }, "A round has 1 to 200 epochs." },
        { Settings with { SilentFailureThreshold = 0.81 }, "The silent-failure threshold is 0.70, 0.75, 0.80, 0.85, 0.90 or 0.95." },
        { Settings with { RetrainAfterLabels = 0 }, "A round may start after 1 to 100,000 new labels." },
        { Settings with { LeaseMinutes = 241 }, "A reader may hold an image for 1 to 240 minutes." },
        { Settings with { ReadingsPerImage = 6 }, "An image is read by 1 to 5 readers." },
        { Settings with { SecondReadingFraction = 1.01 }, "A second reader gets 0 to 100 % of the pool." },
        { Settings with { AuditFraction = double.NaN }, "0 to 50 % of the queue is drawn at random." },
        { Settings with { GoldImages = -1 }, "0 to 10,000 images of known class are kept for checking readers." },
        { Settings with { GoldFraction = 0.51 }, "0 to 50 % of the queue are images of known class." },
        { Settings with { MicrometresPerPixel = 0 }, "A pixel is 0.001 to 1,000 micrometres wide." },
        { Settings with { MicrometresPerPixel = double.NaN }, "A pixel is 0.001 to 1,000 micrometres wide." },
        { Settings with { LargestSilentFailureRate = 0 }, "The largest silent-failure rate lies above 0 and not above 20 %." },
        { Settings with { SmallestSensitivity = 1.01 }, "The smallest sensitivity is 0 to 100 %." },
        { Settings with { SmallestCoverage = double.NaN }, "The smallest coverage is 0 to 100 %." },
        { Settings with { GateMargin = 0.051 }, "A model may be worse by 0 to 5 points." },
        { Settings with { CertifiedRate = 0 }, "A certificate promises a silent-failure rate of 0.01 to 20 %." },
        { Settings with { RetrainAtHour = 24 }, "A round may start at 0 to 23 o'clock." },
        { Settings with { CertifiedDoubt = 0.51 }, "A certificate holds with 50 to 99.9 % confidence." },
    };

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void A_setting_out_of_its_range_is_refused_with_a_sentence_that_says_which(ProjectSettings settings, string sentence) =>
        Assert.Equal(sentence, settings.Problem());
}
