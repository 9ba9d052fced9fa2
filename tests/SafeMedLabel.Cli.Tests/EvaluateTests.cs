using System.Text.Json.Nodes;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Cli.Tests;

/// <summary>A model is measured on what it has not seen, or every figure says otherwise.</summary>
public sealed class EvaluateTests : IClassFixture<EvaluateTests.TrainedModel>, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HashSet<string> _testPatients;

    public EvaluateTests(TrainedModel trained)
    {
        foreach (var file in Directory.GetFiles(trained.Folder, "*", SearchOption.AllDirectories))
        {
            _folder.Add(Path.GetRelativePath(trained.Folder, file), File.ReadAllBytes(file));
        }

        var card = JsonNode.Parse(File.ReadAllText(Path.ChangeExtension(Model, ".json")))!;
        _testPatients = [.. card["TestPatients"]!.AsArray().Select(patient => patient!.GetValue<string>())];
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Cells => _folder.File("cells");

    private string Model => _folder.File("model.safetensors");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Images_and_patients_of_the_training_are_left_out_however_the_data_was_changed_since()
    {
        var held = Files(Cells).Count(IsOfTestPatient);
        var report = await ReportAsync(Cells);
        Assert.Equal((held, Files(Cells).Length - held), (report["n"]!.GetValue<int>(), report["training"]!["leftOut"]!.GetValue<int>()));

        // One image of a new patient, and one more of a patient that the model knows: the data is another, and only the first is strange.
        _folder.Add("cells/Parasitized/C999P999ThinF_1.png", Pictures.Png(1));
        _folder.Add($"cells/Parasitized/{PatientOf(Files(Cells).First(f => !IsOfTestPatient(f)))}ThinF_new.png", Pictures.Png(2));
        report = await ReportAsync(Cells);
        Assert.Equal((held + 1, Files(Cells).Length - held - 1), (report["n"]!.GetValue<int>(), report["training"]!["leftOut"]!.GetValue<int>()));

        // An image that the model knows is known under another name too.
        _folder.Add("cells/Parasitized/C998P998ThinF_1.png", await File.ReadAllBytesAsync(Files(Cells).First(f => !IsOfTestPatient(f)), Cancellation));
        Assert.Equal(held + 1, (await ReportAsync(Cells))["n"]!.GetValue<int>());
    }

    [Fact]
    public async Task Where_nothing_is_left_nothing_is_measured_unless_every_figure_says_that_it_is_of_the_training()
    {
        foreach (var file in Files(Cells).Where(IsOfTestPatient))
        {
            File.Delete(file);
        }

        var (code, output, error) = await CommandTests.RunAsync("evaluate", "--model", Model, "--data", Cells);
        Assert.Equal((1, ""), (code, output));
        Assert.Contains("nothing is left to measure it with", error, StringComparison.Ordinal);

        var all = Files(Cells).Length;
        var report = await ReportAsync(Cells, "--include-training");
        Assert.Equal((all, all), (report["n"]!.GetValue<int>(), report["training"]!["included"]!.GetValue<int>()));
        var (_, told, _) = await CommandTests.RunAsync("evaluate", "--model", Model, "--data", Cells, "--include-training");
        Assert.Equal(3, told.Split($"{all} of them training images").Length - 1);
    }

    [Fact]
    public async Task Of_a_model_that_does_not_say_what_it_was_trained_on_every_figure_says_so()
    {
        await CommandTests.RunAsync("model", "convert", Model, _folder.File("model.pth"));
        var (code, _, error) = await CommandTests.RunAsync(
            "model", "convert", _folder.File("model.pth"), _folder.File("model.safetensors"), "--size", "32", "--classes", "Parasitized,Uninfected");
        Assert.True(code == 0, error);

        var report = await ReportAsync(Cells);
        Assert.False(report["training"]!["areKnown"]!.GetValue<bool>());
        var (_, told, _) = await CommandTests.RunAsync("evaluate", "--model", Model, "--data", Cells);
        Assert.Equal(3, told.Split("may be training images: the model does not say").Length - 1);
    }

    [Fact]
    public async Task What_a_model_went_on_from_is_left_out_too()
    {
        await CommandTests.RunAsync("demo-data", _folder.File("others"), "--count", "120", "--seed", "9");
        foreach (var file in Files(_folder.File("others")))
        {
            // Patients of their own: the two sets share none.
            File.Move(file, Path.Combine(Path.GetDirectoryName(file)!, Path.GetFileName(file).Replace("C", "C9", StringComparison.Ordinal)));
        }

        await TrainAsync(_folder.File("others"), _folder.File("second.safetensors"), weights: Model);

        var (evaluated, output, sentence) = await CommandTests.RunAsync("evaluate", "--model", _folder.File("second.safetensors"), "--data", Cells, "--json");
        Assert.True(evaluated == 0, sentence);
        Assert.Equal(Files(Cells).Count(IsOfTestPatient), JsonNode.Parse(output)!["n"]!.GetValue<int>());
    }

    [Fact]
    public async Task No_training_begins_with_weights_that_know_the_images_it_is_measured_with()
    {
        foreach (var file in Files(Cells).Where(IsOfTestPatient))
        {
            File.Delete(file);
        }

        var (code, _, error) = await CommandTests.RunAsync("train", "--data", Cells, "--out", _folder.File("second.safetensors"), "--weights", Model, "--size", "32", "--threads", "1");
        Assert.Equal(1, code);
        Assert.Contains("of the images that would be measured with, or on others of their patients", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Patients_whom_nobody_knows_are_not_taken_for_those_of_the_training()
    {
        // Names that tell no patient, and other images than the model has seen.
        await CommandTests.RunAsync("demo-data", _folder.File("others"), "--count", "40", "--seed", "9");
        foreach (var file in Files(_folder.File("others")))
        {
            File.Move(file, Path.Combine(Path.GetDirectoryName(file)!, $"x{Path.GetFileName(file)}"));
        }

        Assert.Equal(Files(_folder.File("others")).Length, (await ReportAsync(_folder.File("others")))["n"]!.GetValue<int>());
    }

    [Theory]
    [InlineData("the same", true)]
    [InlineData("other", false)]
    public async Task Of_a_model_of_an_earlier_version_the_patients_held_out_count_where_the_data_is_its_own(string data, bool areKnown)
    {
        CommandTests.ChangeMetadata(Model, "safemed.trained-on", record =>
        {
            foreach (var part in new[] { "Learned", "Tuned" })
            {
                record[part] = new JsonObject { ["Images"] = "", ["Patients"] = "" };
            }

            record["IsComplete"] = false;
        });
        if (data == "other")
        {
            _folder.Add("cells/Parasitized/C999P999ThinF_1.png", Pictures.Png(1));
        }

        var report = await ReportAsync(Cells);
        Assert.Equal(areKnown, report["training"]!["areKnown"]!.GetValue<bool>());
        Assert.Equal(areKnown ? Files(Cells).Count(IsOfTestPatient) : Files(Cells).Length, report["n"]!.GetValue<int>());
        Assert.Equal(!areKnown, report["training"]!["mark"] is not null);
    }

    [Theory]
    [InlineData(0, "no image of 'Parasitized'")]
    [InlineData(1, "one image of 'Parasitized'")]
    public async Task Without_two_images_of_two_classes_there_is_a_sentence_and_no_figure(int positives, string expected)
    {
        foreach (var file in Files(Cells).Where(f => IsOfTestPatient(f) && f.Contains("Parasitized", StringComparison.Ordinal)).Skip(positives))
        {
            File.Delete(file);
        }

        var report = await ReportAsync(Cells);
        Assert.Contains(expected, report["remark"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.All(["accuracy", "accuracyInterval", "auc", "sfr", "sfrInterval", "coverage", "ece", "aurc"], figure => Assert.Null(report[figure]));
        var (_, told, _) = await CommandTests.RunAsync("evaluate", "--model", Model, "--data", Cells);
        Assert.DoesNotContain("%", told, StringComparison.Ordinal);
    }

    private static async Task TrainAsync(string cells, string model, string weights)
    {
        var (code, _, error) = await CommandTests.RunAsync(
            "train", "--data", cells, "--out", model, "--weights", weights, "--size", "32", "--epochs", "1", "--minimum-steps", "1", "--threads", "1", "--precision", "float32");
        Assert.True(code == 0, error);
    }

    private static string[] Files(string cells) => Directory.GetFiles(cells, "*.png", SearchOption.AllDirectories);

    private static string PatientOf(string file) => PatientPattern.Default.Match(Path.GetFileName(file))!;

    private bool IsOfTestPatient(string file) => _testPatients.Contains(PatientOf(file));

    private async Task<JsonNode> ReportAsync(string data, params string[] options)
    {
        var (code, output, error) = await CommandTests.RunAsync(["evaluate", "--model", Model, "--data", data, "--json", .. options]);
        Assert.True(code == 0, error);
        return JsonNode.Parse(output)!;
    }

    /// <summary>A model of one training step, and what it was trained on. Each test changes a copy.</summary>
    public sealed class TrainedModel : IAsyncLifetime
    {
        private readonly TemporaryFolder _folder = new();

        /// <summary>Cells in 'cells', and the model.</summary>
        public string Folder => _folder.Path;

        /// <inheritdoc />
        public async ValueTask InitializeAsync()
        {
            await CommandTests.RunAsync("demo-data", _folder.File("cells"), "--count", "120");
            await TrainAsync(_folder.File("cells"), _folder.File("model.safetensors"), weights: "random");
        }

        /// <inheritdoc />
        public ValueTask DisposeAsync()
        {
            _folder.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
