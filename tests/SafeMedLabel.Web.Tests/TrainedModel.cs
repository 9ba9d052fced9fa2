using System.Diagnostics;
using System.Text.Json.Nodes;
using SafeMedLabel.Testing;
using SafeMedLabel.Web.Worker;

namespace SafeMedLabel.Web.Tests;

/// <summary>A model that <c>safemed</c> trained, for one step on drawn cells: it knows little, but is a model.</summary>
public sealed class TrainedModel : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>The model's file.</summary>
    public string Path => _folder.File("model.safetensors");

    /// <summary>A cell.</summary>
    public string Image => Directory.EnumerateFiles(_folder.File("cells"), "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First();

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        await RunAsync("demo-data", _folder.File("cells"), "--count", "60");
        await RunAsync("train", "--data", _folder.File("cells"), "--size", "32", "--epochs", "1", "--minimum-steps", "1", "--threads", "1", "--out", Path);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>What <c>safemed predict</c> says of an image.</summary>
    public async Task<JsonNode> PredictAsync(string image) => JsonNode.Parse(await RunAsync("predict", "--model", Path, image, "--json"))![0]!;

    private static async Task<string> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [new WorkerOptions().FindExecutable(), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await errors);
        return output;
    }
}
