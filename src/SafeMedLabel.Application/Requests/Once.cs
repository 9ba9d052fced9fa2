using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Requests;

/// <summary>
/// Does once what a client asks for under a key, however often it is sent, and refuses the key for anything else
/// (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header). What was refused was not done, and leaves its key free.
/// </summary>
internal static class Once
{
    private static readonly Func<AppDbContext, Guid, Task<ClientRequest?>> Known = EF.CompileAsyncQuery((AppDbContext db, Guid key) =>
        db.ClientRequests.AsNoTracking().FirstOrDefault(r => r.Key == key));

    /// <summary>An event's key is its client's, or the program's own; before requests were kept, it was all that was kept of a request.</summary>
    private static readonly Func<AppDbContext, Guid, Task<bool>> IsOfEvent = EF.CompileAsyncQuery((AppDbContext db, Guid key) =>
        db.LabelEvents.Any(e => e.ClientKey == key));

    /// <summary>
    /// Does the work, or returns what came of it the first time. Part of the caller's write transaction, so that of two at once one is done; the caller saves.
    /// </summary>
    /// <param name="db">The caller's context, in its transaction.</param>
    /// <param name="asked">The request; null where it has no key, and is done each time.</param>
    /// <param name="now">The time, UTC.</param>
    /// <param name="work">Does it and returns what is to be told.</param>
    public static async Task<Result<int>> DoAsync(AppDbContext db, KeyedRequest? asked, DateTime now, Func<Task<Result<int>>> work)
    {
        if (asked is null)
        {
            return await work();
        }

        if (await DoneAsync(db, asked) is { } before)
        {
            return before;
        }

        var outcome = await work();
        if (outcome.Succeeded)
        {
            db.ClientRequests.Add(new ClientRequest { Key = asked.Key, Fingerprint = asked.Fingerprint(), Outcome = outcome.Value, AtUtc = now });
        }

        return outcome;
    }

    /// <summary>As the other, for work of which nothing is to be told.</summary>
    public static async Task<Result> DoAsync(AppDbContext db, KeyedRequest asked, DateTime now, Func<Task<Result>> work) =>
        (Result)await DoAsync(db, asked, now, async () => await work() is { Succeeded: false } refused ? refused : 0);

    /// <summary>What came of a request the first time, or that its key is another's; null where the key is new.</summary>
    public static async Task<Result<int>?> DoneAsync(AppDbContext db, KeyedRequest asked)
    {
        if (await Known(db, asked.Key) is not { } known)
        {
            return await IsOfEvent(db, asked.Key) ? Result.KeyTaken : null;
        }

        return known.Fingerprint.AsSpan().SequenceEqual(asked.Fingerprint()) ? known.Outcome : Result.KeyTaken;
    }
}
