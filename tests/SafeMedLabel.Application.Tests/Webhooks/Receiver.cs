using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SafeMedLabel.Application.Tests.Webhooks;

/// <summary>A hospital's own server that takes messages: a real one, on a free port of this machine.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _server;

    private Receiver(WebApplication server) => _server = server;

    /// <summary>Where it listens.</summary>
    public string Address => $"{_server.Urls.Single()}/messages?key=secret";

    /// <summary>What it answers.</summary>
    public int Status { get; set; } = StatusCodes.Status204NoContent;

    /// <summary>What it was sent.</summary>
    public ConcurrentQueue<Delivery> Deliveries { get; } = new();

    public static async Task<Receiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var server = builder.Build();
        server.Urls.Add("http://127.0.0.1:0");
        var receiver = new Receiver(server);
        server.MapPost("/messages", async (HttpRequest request) =>
        {
            using var reader = new StreamReader(request.Body);
            receiver.Deliveries.Enqueue(new Delivery(
                request.Headers["webhook-id"].Single()!,
                long.Parse(request.Headers["webhook-timestamp"].Single()!, CultureInfo.InvariantCulture),
                request.Headers["webhook-signature"].Single()!,
                await reader.ReadToEndAsync()));
            return receiver.Status == StatusCodes.Status307TemporaryRedirect ? Results.Redirect(receiver.Address, preserveMethod: true) : Results.StatusCode(receiver.Status);
        });
        await server.StartAsync(TestContext.Current.CancellationToken);
        return receiver;
    }

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    /// <summary>A message as it came.</summary>
    internal sealed record Delivery(string Id, long Timestamp, string Signature, string Body);
}
