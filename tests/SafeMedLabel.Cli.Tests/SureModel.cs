using System.Text.Json.Nodes;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Cli.Tests;

/// <summary>A model of one training step, whose card a test may change, and images that it is sure of.</summary>
public sealed class SureModel : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>The model's file.</summary>
    public string Path => _folder.File("model.safetensors");

    /// <summary>Two images that it gives a class with a probability above 0.99 and below 1.</summary>
    public string[] Images { get; private set; } = [];

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        await CommandTests.RunAsync("demo-data", _folder.File("cells"), "--count", "60");
        var (code, _, error) = await CommandTests.RunAsync(
            "train", "--data", _folder.File("cells"), "--size", "32", "--epochs", "1", "--minimum-steps", "1", "--threads", "1", "--weights", "random", "--precision", "float32", "--out", Path);
        Assert.True(code == 0, error);

        // As low as a temperature may be: the model is as sure as it can be.
        CommandTests.ChangeCard(Path, card => (card["Temperature"], card["Certificate"]) = (0.05, null));
        string[] all = [.. Directory.EnumerateFiles(_folder.File("cells"), "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        var sure = (await AnswersAsync(all)).Where(answer => answer["probability"]!.GetValue<double>() is > 0.99 and < 1);
        Images = [.. sure.Select(answer => answer["file"]!.GetValue<string>()).Take(2)];
        Assert.Equal(2, Images.Length);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>What <c>safemed predict --json</c> prints, image by image.</summary>
    internal async Task<JsonNode[]> AnswersAsync(params string[] arguments)
    {
        var (code, output, error) = await CommandTests.RunAsync(["predict", "--model", Path, "--json", .. arguments]);
        Assert.True(code == 0, error);
        return [.. JsonNode.Parse(output)!.AsArray().Select(answer => answer!)];
    }
}
