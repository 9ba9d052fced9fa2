using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Webhooks;

/// <summary>Writes messages: whatever is saved is saved together with what webhooks are to be told of it, or not at all.</summary>
internal sealed class WebhookOutbox(TimeProvider time) : SaveChangesInterceptor
{
    /// <summary>What was added to saves under way.</summary>
    private readonly ConditionalWeakTable<DbContext, List<WebhookMessage>> _added = [];

    /// <inheritdoc />
    public override InterceptionResult<int> SavingChanges(DbContextEventData eventData, InterceptionResult<int> result)
    {
        if (eventData.Context is AppDbContext db)
        {
            Add(db);
        }

        return result;
    }

    /// <inheritdoc />
    public override ValueTask<InterceptionResult<int>> SavingChangesAsync(DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(SavingChanges(eventData, result));

    /// <inheritdoc />
    public override int SavedChanges(SaveChangesCompletedEventData eventData, int result)
    {
        Forget(eventData.Context!);
        return result;
    }

    /// <inheritdoc />
    public override ValueTask<int> SavedChangesAsync(SaveChangesCompletedEventData eventData, int result, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(SavedChanges(eventData, result));

    /// <inheritdoc />
    public override void SaveChangesFailed(DbContextErrorEventData eventData) => Forget(eventData.Context!);

    /// <inheritdoc />
    public override Task SaveChangesFailedAsync(DbContextErrorEventData eventData, CancellationToken cancellationToken = default)
    {
        SaveChangesFailed(eventData);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public override void SaveChangesCanceled(DbContextEventData eventData) => Forget(eventData.Context!);

    /// <inheritdoc />
    public override Task SaveChangesCanceledAsync(DbContextEventData eventData, CancellationToken cancellationToken = default)
    {
        SaveChangesCanceled(eventData);
        return Task.CompletedTask;
    }

    private void Add(AppDbContext db)
    {
        // A save that another interceptor refused is told to nobody, and leaves its messages behind.
        Forget(db);
        var tellings = db.ChangeTracker.Entries().Select(WebhookPayload.Of).OfType<Func<AppDbContext, WebhookPayload>>().ToList();
        if (tellings.Count == 0 || db.Webhooks.AsNoTracking().Where(w => w.DisabledReason == null).ToList() is not { Count: > 0 } webhooks)
        {
            return;
        }

        var now = time.GetUtcNow().UtcDateTime;
        var messages = (from telling in tellings
                        let payload = telling(db)
                        from webhook in webhooks
                        where webhook.ProjectId == payload.ProjectId && webhook.Events.HasFlag(payload.Event)
                        select NewMessage(webhook.Id, payload.Type, payload.ToJson(now), now)).ToList();
        _added.Add(db, messages);
        db.WebhookMessages.AddRange(messages);
    }

    /// <summary>A message that waits.</summary>
    public static WebhookMessage NewMessage(int webhookId, string type, string payload, DateTime now) => new()
    {
        WebhookId = webhookId,
        MessageId = $"msg_{Guid.NewGuid():n}",
        Type = type,
        Payload = payload,
        CreatedUtc = now,
    };

    /// <summary>Lets the context forget the messages, which others send.</summary>
    private void Forget(DbContext db)
    {
        if (_added.TryGetValue(db, out var messages))
        {
            _added.Remove(db);
            messages.ForEach(message => db.Entry(message).State = EntityState.Detached);
        }
    }
}
