using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Cli.Tests;

/// <summary>The program as a person or a script runs it: a process, its two outputs and its exit code.</summary>
public sealed class CommandTests
{
    [Theory]
    [InlineData("train")]
    [InlineData("evaluate")]
    [InlineData("predict")]
    [InlineData("simulate")]
    [InlineData("demo-data")]
    [InlineData("worker")]
    public async Task Every_verb_explains_itself(string verb)
    {
        var (code, output, _) = await RunAsync(verb, "--help");

        Assert.Equal(0, code);
        Assert.Contains("Usage", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_is_one_sentence_on_standard_error_and_an_exit_code_above_zero()
    {
        var (code, output, error) = await RunAsync("evaluate", "--model", "/no/such/model.safetensors", "--data", "/no/such/folder", "--json");

        Assert.Equal(1, code);
        Assert.Empty(output);
        Assert.StartsWith("safemed: There is no model file", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trained_model_is_evaluated_on_its_held_out_patients_and_predicts_with_an_abstention()
    {
        var cells = SharedData.Require("data/nih-malaria-mini");
        var folder = Directory.CreateTempSubdirectory("safemed-cli-").FullName;
        try
        {
            var model = Path.Combine(folder, "model.safetensors");
            var (trained, _, trainError) = await RunAsync("train", "--data", cells, "--epochs", "1", "--threads", "1", "--out", model, "--json");
            Assert.True(trained == 0, trainError);
            Assert.True(File.Exists(Path.ChangeExtension(model, ".json")));

            var (evaluated, report, _) = await RunAsync("evaluate", "--model", model, "--data", cells, "--json");
            Assert.Equal(0, evaluated);
            using var json = JsonDocument.Parse(report);
            Assert.InRange(json.RootElement.GetProperty("n").GetInt32(), 20, 120);
            Assert.InRange(json.RootElement.GetProperty("accuracy").GetDouble(), 0, 1);
            Assert.Equal(
                ["0.70", "0.75", "0.80", "0.85", "0.90", "0.95"],
                json.RootElement.GetProperty("sfr").EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));

            var image = Directory.EnumerateFiles(Path.Combine(cells, "Parasitized")).First();
            var (predicted, predictions, _) = await RunAsync("predict", "--model", model, image, "--json");
            Assert.Equal(0, predicted);
            using var answers = JsonDocument.Parse(predictions);
            Assert.Contains(answers.RootElement[0].GetProperty("decision").GetString(), new[] { "accept", "refer" });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var built = typeof(CommandTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == "SafemedOutput").Value!;
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(built, "safemed.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }
}
