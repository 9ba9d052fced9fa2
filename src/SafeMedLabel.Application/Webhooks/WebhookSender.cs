using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SafeMedLabel.Application.Outbound;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Webhooks;

/// <summary>
/// Sends messages, each webhook's in order and the webhooks side by side. What a receiver does not take is sent again, as the same message, each time
/// after twice as long, and given up after days. At least once: a message whose receipt was lost comes again.
/// </summary>
public sealed class WebhookSender(IDbContextFactory<AppDbContext> contexts, WebhookSecrets secrets, IHttpClientFactory clients, TimeProvider time, ILogger<WebhookSender> logger) : BackgroundService
{
    /// <summary>After how long a message that is not taken is given up.</summary>
    public static readonly TimeSpan GivenUpAfter = TimeSpan.FromDays(3);

    /// <summary>For how long it stays to be read what became of a message.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(30);

    /// <summary>Pause after the first failure.</summary>
    public static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);

    /// <summary>Longest pause.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromHours(8);

    private const string Client = "webhooks";
    private const int MessagesAtOnce = 100;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Adds it with its HTTP client, which goes where it was told and nowhere that leads on to.</summary>
    public static void AddTo(IServiceCollection services)
    {
        services.AddOutboundClient(Client, redirects: 0, client =>
        {
            client.Timeout = Patience;
            client.DefaultRequestHeaders.UserAgent.ParseAdd("SafeMedLabel");
        });
        services.AddSingleton<WebhookSender>();
        services.AddHostedService(provider => provider.GetRequiredService<WebhookSender>());
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SendAsync(stoppingToken);
            }
            catch (Exception failed) when (failed is not OperationCanceledException)
            {
                // A database that is busy or full for a while ends no sender.
                logger.LogError(failed, "Webhooks cannot be served now; it is tried again.");
            }
        }
    }

    /// <summary>Sends what is due.</summary>
    public async Task SendAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow().UtcDateTime;
        List<int> due;
        await using (var db = await contexts.CreateDbContextAsync(cancellationToken))
        {
            var old = now - KeptFor;
            if (await db.WebhookMessages.AnyAsync(m => m.State != WebhookMessageState.Waiting && m.CreatedUtc < old, cancellationToken))
            {
                await db.WebhookMessages.Where(m => m.State != WebhookMessageState.Waiting && m.CreatedUtc < old).ExecuteDeleteAsync(cancellationToken);
            }

            due = await db.Webhooks.Where(w => w.DisabledReason == null && (w.RetryUtc == null || w.RetryUtc <= now) && db.WebhookMessages.Any(m => m.WebhookId == w.Id && m.State == WebhookMessageState.Waiting))
                .Select(w => w.Id).ToListAsync(cancellationToken);
        }

        await Task.WhenAll(due.Select(webhookId => ServeAsync(webhookId, cancellationToken)));
    }

    private async Task ServeAsync(int webhookId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await db.Webhooks.FirstOrDefaultAsync(w => w.Id == webhookId, cancellationToken) is not { } webhook)
        {
            return;
        }

        var waiting = await db.WebhookMessages.Where(m => m.WebhookId == webhookId && m.State == WebhookMessageState.Waiting).OrderBy(m => m.Id).Take(MessagesAtOnce).ToListAsync(cancellationToken);
        foreach (var message in waiting)
        {
            var wasTaken = await TryAsync(webhook, message, cancellationToken);
            try
            {
                await db.SaveChangesAsync(cancellationToken);
            }
            catch (DbUpdateConcurrencyException)
            {
                // Somebody removed the webhook, and with it the message, meanwhile.
                return;
            }

            if (!wasTaken)
            {
                return;
            }
        }
    }

    /// <summary>Sends a message and notes what came of it; returns whether the next may go.</summary>
    private async Task<bool> TryAsync(Webhook webhook, WebhookMessage message, CancellationToken cancellationToken)
    {
        var (status, answer) = await PostAsync(webhook, message, cancellationToken);
        var now = time.GetUtcNow().UtcDateTime;
        (message.Attempts, message.LastAnswer, message.LastSentUtc) = (message.Attempts + 1, answer, now);
        if (status is >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices)
        {
            message.State = WebhookMessageState.Delivered;
            (webhook.Failures, webhook.RetryUtc) = (0, null);
            return true;
        }

        if (status == HttpStatusCode.Gone)
        {
            webhook.DisabledReason = "The receiver says that nothing is to be sent any more (410 Gone).";
        }

        webhook.Failures++;
        webhook.RetryUtc = now + Pause(webhook.Failures);
        message.State = now - message.CreatedUtc >= GivenUpAfter ? WebhookMessageState.GivenUp : WebhookMessageState.Waiting;
        // The address may hold a secret: it is in no log.
        logger.LogWarning("Webhook {WebhookId} did not take message {MessageId}: {Answer}", webhook.Id, message.MessageId, answer);
        return false;
    }

    /// <summary>Twice as long each time, and up to a tenth more, so that what failed together does not come again together.</summary>
    private static TimeSpan Pause(int failures)
    {
        var pause = FirstPause * Math.Pow(2, Math.Min(failures - 1, 20));
        return (pause < LongestPause ? pause : LongestPause) * (1 + (0.1 * Random.Shared.NextDouble()));
    }

    private async Task<(HttpStatusCode? Status, string Answer)> PostAsync(Webhook webhook, WebhookMessage message, CancellationToken cancellationToken)
    {
        try
        {
            var seconds = time.GetUtcNow().ToUnixTimeSeconds();
            using var request = new HttpRequestMessage(HttpMethod.Post, webhook.Address) { Content = new StringContent(message.Payload, Encoding.UTF8, "application/json") };
            request.Headers.Add("webhook-id", message.MessageId);
            request.Headers.Add("webhook-timestamp", seconds.ToString(CultureInfo.InvariantCulture));
            request.Headers.Add("webhook-signature", WebhookSignature.Of(secrets.Of(webhook), message.MessageId, seconds, message.Payload));
            using var answer = await clients.CreateClient(Client).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return (answer.StatusCode, string.Create(CultureInfo.InvariantCulture, $"{(int)answer.StatusCode} {ReasonPhrases.GetReasonPhrase((int)answer.StatusCode)}"));
        }
        catch (HttpRequestException refused) when (OutboundGuard.Refused(refused))
        {
            return (null, OutboundGuard.Refusal);
        }
        catch (HttpRequestException unreachable)
        {
            return (null, unreachable.HttpRequestError switch
            {
                HttpRequestError.NameResolutionError => "There is no such server.",
                HttpRequestError.ConnectionError => "Nobody answers there.",
                HttpRequestError.SecureConnectionError => "No secure connection: the certificate is not trusted.",
                _ => "It was not reached.",
            });
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, $"No answer in {Patience.TotalSeconds:0} seconds.");
        }
        catch (CryptographicException)
        {
            return (null, "Its secret cannot be read with this server's keys; make a new one.");
        }
    }
}
