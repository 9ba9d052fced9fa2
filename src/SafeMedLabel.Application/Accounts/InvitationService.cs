using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Accounts;

/// <summary>
/// Invites people. An invitation is a link with a secret, which whoever invites passes on; it counts once and for a week. The server sends no mail.
/// </summary>
public sealed class InvitationService(AccountService accounts, IDbContextFactory<AppDbContext> contexts, TimeProvider time)
{
    /// <summary>Days that an invitation counts.</summary>
    public const int Days = 7;

    private const string Over = "This invitation does not count any more: it was used, taken back, or is over. Ask whoever invited you for a new one.";

    /// <summary>Invitations that count, the newest first.</summary>
    public async Task<IReadOnlyList<InvitationView>> ListAsync(CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await Views(db, Counting(db)).ToListAsync(cancellationToken);
    }

    /// <summary>Invites a person; an earlier invitation of theirs no longer counts.</summary>
    /// <returns>The secret, which is not kept.</returns>
    public async Task<Result<string>> InviteAsync(string email, string role, string invitedById, CancellationToken cancellationToken = default)
    {
        email = email.Trim();
        if (AccountService.Problem(email, role) is { } problem)
        {
            return Result.Refused(problem);
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await ActorRight.OfAccountAsync(db, Roles.Admin, invitedById) is { Succeeded: false } denied)
        {
            return denied;
        }

        var normalized = email.ToUpperInvariant();
        if (await db.Users.AnyAsync(u => u.NormalizedEmail == normalized, cancellationToken))
        {
            return Result.Refused("This person has an account already.");
        }

        var secret = SecretToken.Create();
        var now = time.GetUtcNow().UtcDateTime;
        var lower = email.ToLowerInvariant();
        db.Invitations.RemoveRange(await db.Invitations.Where(i => i.Email == lower).ToListAsync(cancellationToken));
        db.Invitations.Add(new Invitation
        {
            Email = lower,
            Role = role,
            Hash = SecretToken.HashOf(secret),
            InvitedById = invitedById,
            CreatedUtc = now,
            ExpiresUtc = now.AddDays(Days),
        });
        await db.SaveChangesAsync(cancellationToken);
        return secret;
    }

    /// <summary>Takes an invitation back, at once.</summary>
    public async Task<Result> RevokeAsync(int invitationId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await ActorRight.OfAccountAsync(db, Roles.Admin) is { Succeeded: false } denied)
        {
            return denied;
        }

        if (await db.Invitations.FirstOrDefaultAsync(i => i.Id == invitationId, cancellationToken) is not { } invitation)
        {
            return Result.Refused("This invitation does not count any more.");
        }

        db.Invitations.Remove(invitation);
        await db.SaveChangesAsync(cancellationToken);
        return Result.Done;
    }

    /// <summary>What a secret invites to; null where it is none that counts.</summary>
    public async Task<InvitationView?> FindAsync(string secret, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var hash = SecretToken.HashOf(secret);
        return await Views(db, Counting(db).Where(i => i.Hash == hash)).FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>Makes the account that a secret invites to. Nobody can make another one with it.</summary>
    /// <returns>The address that the account signs in with.</returns>
    public async Task<Result<string>> AcceptAsync(string secret, string displayName, string password, CancellationToken cancellationToken = default)
    {
        if (await FindAsync(secret, cancellationToken) is not { } invitation)
        {
            return Result.Refused(Over);
        }

        // The address belongs to one account, so that of two who accept at once one is refused here.
        var made = await accounts.AddAsync(invitation.Email, displayName, invitation.Role, password);
        if (!made.Succeeded)
        {
            return made;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Invitations.Where(i => i.Id == invitation.Id).ExecuteDeleteAsync(cancellationToken);
        return invitation.Email;
    }

    private IQueryable<Invitation> Counting(AppDbContext db)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return db.Invitations.AsNoTracking().Where(i => i.ExpiresUtc > now);
    }

    private static IQueryable<InvitationView> Views(AppDbContext db, IQueryable<Invitation> invitations) =>
        from invitation in invitations
        join user in db.Users on invitation.InvitedById equals user.Id
        orderby invitation.Id descending
        select new InvitationView(invitation.Id, invitation.Email, invitation.Role, user.DisplayName, invitation.ExpiresUtc);
}
