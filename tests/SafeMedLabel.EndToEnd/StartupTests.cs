using System.Diagnostics;
using SafeMedLabel.Testing;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

public sealed class StartupTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("Storage__Root", " ", "The setting Storage:Root must name a folder; it is empty.")]
    [InlineData("Storage__Root", "/proc/nowhere", "The folder /proc/nowhere, named by the setting Storage:Root, cannot be made:")]
    [InlineData("Worker__Threads", "-3", "The setting Worker:Threads lies between 0 and 1024.")]
    [InlineData("Worker__Threads", "many", "Failed to convert configuration value 'many' at 'Worker:Threads'")]
    [InlineData("StorageWatch__MinimumFreeMegabytes", "-1", "The setting StorageWatch:MinimumFreeMegabytes lies between 0 and 1048576.")]
    [InlineData("Outbound__Allow", "10.1.0.0/33", "The setting Outbound:Allow lists names, addresses or ranges of addresses (as 10.1.0.0/16), parted by commas.")]
    [InlineData("SignIn__RequestsPerMinute", "0", "The setting SignIn:RequestsPerMinute lies between 1 and 1000000.")]
    [InlineData("SignIn__TriesPerMinute", "-1", "The setting SignIn:TriesPerMinute lies between 1 and 1000000.")]
    [InlineData("Proxy__Addresses", "the proxy", "The setting Proxy:Addresses lists addresses or networks, as 192.0.2.7 or 10.0.0.0/8, separated by commas.")]
    [InlineData("Urls", "nonsense", "Invalid url: 'nonsense'")]
    public async Task A_bad_setting_ends_the_start_with_one_sentence(string setting, string value, string sentence)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The folder that cannot be made is Linux's.");
        var settings = new Dictionary<string, string> { ["Storage__Root"] = _folder.Path, ["Urls"] = "http://127.0.0.1:0", [setting] = value };

        using var process = Process.Start(RunningServer.Program(settings))!;
        _ = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var said = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(1, process.ExitCode);
        Assert.StartsWith($"SafeMedLabel did not start. {sentence}", said, StringComparison.Ordinal);
        Assert.Single(said.TrimEnd().Split('\n'));
    }
}
