using System.Net;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Testing;
using SafeMedLabel.Web.Worker;

namespace SafeMedLabel.Web.Tests;

/// <summary>What a monitor, a container's host or a load balancer is told.</summary>
public sealed class HealthTests : IAsyncLifetime
{
    private readonly TestServer _server = new();
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Everyone_is_told_in_one_word_that_the_server_lives_and_is_ready()
    {
        using var stranger = await StartAsync();

        Assert.Equal((HttpStatusCode.OK, "Healthy"), await AskAsync(stranger, "/health/live"));
        Assert.Equal((HttpStatusCode.OK, "Healthy"), await AskAsync(stranger, "/health/ready"));
    }

    [Fact]
    public async Task A_server_that_can_store_nothing_lives_but_is_not_ready_and_does_not_say_why()
    {
        _server.Settings["StorageWatch:MinimumFreeMegabytes"] = "1048576";
        using var stranger = await StartAsync();

        Assert.Equal((HttpStatusCode.OK, "Healthy"), await AskAsync(stranger, "/health/live"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "Unhealthy"), await AskAsync(stranger, "/health/ready"));
        Assert.Contains("Nothing can be stored at the moment: the disk is full.", (await AskAsync(stranger, "/setup")).Word, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_whose_worker_does_not_live_is_not_ready()
    {
        _server.Settings["Worker:Start"] = "true";
        _server.Settings["Worker:Executable"] = _folder.Add("worker", "no program"u8.ToArray());
        using var stranger = await StartAsync();
        var worker = _server.Services.GetRequiredService<WorkerSupervisor>();
        while (worker.Status != WorkerStatus.Restarting)
        {
            await Task.Delay(5, Cancellation);
        }

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "Unhealthy"), await AskAsync(stranger, "/health/ready"));
    }

    private async Task<HttpClient> StartAsync()
    {
        var stranger = await _server.BrowserAsync();
        var watch = _server.Services.GetRequiredService<StorageWatch>();
        while (!watch.HasLooked)
        {
            await Task.Delay(5, Cancellation);
        }

        return stranger;
    }

    private static async Task<(HttpStatusCode Code, string Word)> AskAsync(HttpClient stranger, string address)
    {
        var answer = await stranger.GetAsync(new Uri(address, UriKind.Relative), Cancellation);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
    }
}
