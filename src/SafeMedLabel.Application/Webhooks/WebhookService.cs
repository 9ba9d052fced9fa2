using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Naming;
using SafeMedLabel.Application.Outbound;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Webhooks;

/// <summary>A project's webhooks, and what became of their messages.</summary>
public sealed class WebhookService(IDbContextFactory<AppDbContext> contexts, WebhookSecrets secrets, OutboundGuard outbound, TimeProvider time)
{
    /// <summary>Most webhooks of a project.</summary>
    public const int MaximumWebhooks = 10;

    /// <summary>Type of a message that only tries whether it arrives.</summary>
    public const string TestType = "test";

    private const string Gone = "This webhook no longer exists.";

    /// <summary>A project's webhooks in the order in which they were added.</summary>
    public async Task<IReadOnlyList<WebhookView>> ListAsync(int projectId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Webhooks.Where(w => w.ProjectId == projectId).OrderBy(w => w.Id)
            .Select(w => new WebhookView(w.Id, w.Address, w.Events, w.DisabledReason, w.RetryUtc, db.WebhookMessages.Count(m => m.WebhookId == w.Id && m.State == WebhookMessageState.Waiting)))
            .ToListAsync(cancellationToken);
    }

    /// <summary>Adds a webhook.</summary>
    /// <returns>The secret that its messages are signed with, which nobody can show again.</returns>
    public async Task<Result<string>> AddAsync(int projectId, string address, WebhookEvents events, CancellationToken cancellationToken = default)
    {
        address = address.Trim();
        if (address.Length > Webhook.MaxAddress || !ImportRequest.IsAddress(address, out var receiver))
        {
            return Result.Refused($"An address begins with http:// or https:// and has at most {Webhook.MaxAddress} characters.");
        }

        if (TextRule.Flaw(address) is { } flaw)
        {
            return Result.Refused($"An address {flaw}.");
        }

        if (outbound.Problem(receiver) is { } refusal)
        {
            return Result.Refused(refusal);
        }

        if (events == WebhookEvents.None)
        {
            return Result.Refused("Please choose what the address is told of.");
        }

        return await contexts.ChangeAsync<Result<string>>(
            async db =>
            {
                if (await ActorRight.InProjectAsync(db, projectId, Roles.Lead) is { Succeeded: false } denied)
                {
                    return denied;
                }

                if (await db.Webhooks.CountAsync(w => w.ProjectId == projectId, cancellationToken) >= MaximumWebhooks)
                {
                    return Result.Refused($"A project has at most {MaximumWebhooks} webhooks.");
                }

                var webhook = new Webhook
                {
                    ProjectId = projectId,
                    Address = address,
                    Events = events,
                    CreatedUtc = time.GetUtcNow().UtcDateTime,
                };
                var secret = secrets.Renew(webhook);
                db.Webhooks.Add(webhook);
                return secret;
            },
            cancellationToken);
    }

    /// <summary>Signs from now on with another secret, and returns it.</summary>
    public async Task<Result<string>> RenewSecretAsync(int projectId, int webhookId, CancellationToken cancellationToken = default)
    {
        var secret = "";
        var changed = await ChangeAsync(projectId, webhookId, (_, webhook) => secret = secrets.Renew(webhook), cancellationToken);
        return changed.Succeeded ? secret : changed;
    }

    /// <summary>Sends again to a webhook that was switched off, and tries at once one that was not reached.</summary>
    public Task<Result> EnableAsync(int projectId, int webhookId, CancellationToken cancellationToken = default) => ChangeAsync(
        projectId,
        webhookId,
        (_, webhook) => (webhook.DisabledReason, webhook.RetryUtc, webhook.Failures) = (null, null, 0),
        cancellationToken);

    /// <summary>Removes a webhook with its messages.</summary>
    public Task<Result> RemoveAsync(int projectId, int webhookId, CancellationToken cancellationToken = default) => ChangeAsync(
        projectId,
        webhookId,
        (db, webhook) => db.Webhooks.Remove(webhook),
        cancellationToken);

    /// <summary>Tries whether a message arrives.</summary>
    public Task<Result> TestAsync(int projectId, int webhookId, CancellationToken cancellationToken = default) => ChangeAsync(
        projectId,
        webhookId,
        (db, webhook) =>
        {
            var now = time.GetUtcNow().UtcDateTime;
            db.WebhookMessages.Add(WebhookOutbox.NewMessage(webhook.Id, TestType, WebhookPayload.ToJson(TestType, now, new { Project = projectId }), now));
            webhook.RetryUtc = null;
        },
        cancellationToken);

    /// <summary>A project's messages, the newest first.</summary>
    /// <param name="projectId">The project.</param>
    /// <param name="state">Only those of a state; null for all.</param>
    /// <param name="before">Only those before this one; null for the newest.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<WebhookMessage>> MessagesAsync(int projectId, WebhookMessageState? state = null, long? before = null, int limit = 50, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.WebhookMessages.AsNoTracking()
            .Where(m => db.Webhooks.Any(w => w.Id == m.WebhookId && w.ProjectId == projectId) && (state == null || m.State == state) && (before == null || m.Id < before))
            .OrderByDescending(m => m.Id).Take(limit).ToListAsync(cancellationToken);
    }

    /// <summary>Sends a message again, as the same message.</summary>
    public Task<Result> SendAgainAsync(int projectId, long messageId, CancellationToken cancellationToken = default) => contexts.ChangeAsync(
        async db =>
        {
            if (await ActorRight.InProjectAsync(db, projectId, Roles.Lead) is { Succeeded: false } denied)
            {
                return denied;
            }

            var found = await (from message in db.WebhookMessages
                               join webhook in db.Webhooks on message.WebhookId equals webhook.Id
                               where message.Id == messageId && webhook.ProjectId == projectId
                               select new { Message = message, Webhook = webhook }).FirstOrDefaultAsync(cancellationToken);
            if (found is null)
            {
                return Result.Refused("This message no longer exists.");
            }

            // Its time to be given up counts from now on.
            (found.Message.State, found.Message.CreatedUtc, found.Webhook.RetryUtc) = (WebhookMessageState.Waiting, time.GetUtcNow().UtcDateTime, null);
            return Result.Done;
        },
        cancellationToken);

    private Task<Result> ChangeAsync(int projectId, int webhookId, Action<AppDbContext, Webhook> change, CancellationToken cancellationToken) => contexts.ChangeAsync(
        async db =>
        {
            if (await ActorRight.InProjectAsync(db, projectId, Roles.Lead) is { Succeeded: false } denied)
            {
                return denied;
            }

            if (await db.Webhooks.FirstOrDefaultAsync(w => w.Id == webhookId && w.ProjectId == projectId, cancellationToken) is not { } webhook)
            {
                return Result.Refused(Gone);
            }

            change(db, webhook);
            return Result.Done;
        },
        cancellationToken);
}
