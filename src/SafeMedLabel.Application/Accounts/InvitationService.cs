using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Accounts;

/// <summary>
/// Invites people. An invitation is a link with a secret, which whoever invites passes on; it counts once and for a week. The server sends no mail.
/// </summary>
public sealed class InvitationService(AccountService accounts, AppDbContext own, IDbContextFactory<AppDbContext> contexts, TimeProvider time)
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
        var address = EmailAddress.Check(email);
        if (!address.Succeeded || !Roles.All.Contains(role))
        {
            return address.Succeeded ? Result.Refused("There is no such role.") : address;
        }

        return await contexts.ChangeAsync<Result<string>>(
            async db =>
            {
                if (await ActorRight.OfAccountAsync(db, Roles.Admin, invitedById) is { Succeeded: false } denied)
                {
                    return denied;
                }

                var key = EmailAddress.KeyOf(address.Value);
                if (await db.Users.AnyAsync(u => u.NormalizedEmail == key, cancellationToken))
                {
                    return Result.Refused("This person has an account already.");
                }

                var secret = SecretToken.Create();
                var now = time.GetUtcNow().UtcDateTime;
                var lower = address.Value.ToLowerInvariant();
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
                return secret;
            },
            cancellationToken);
    }

    /// <summary>Takes an invitation back, at once.</summary>
    public Task<Result> RevokeAsync(int invitationId, CancellationToken cancellationToken = default) => contexts.ChangeAsync(
        async db =>
        {
            if (await ActorRight.OfAccountAsync(db, Roles.Admin) is { Succeeded: false } denied)
            {
                return denied;
            }

            if (await db.Invitations.FirstOrDefaultAsync(i => i.Id == invitationId, cancellationToken) is not { } invitation)
            {
                return Result.Refused("This invitation does not count any more.");
            }

            db.Invitations.Remove(invitation);
            return Result.Done;
        },
        cancellationToken);

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
        // Strangers may ask this, and wait for nobody's lock.
        if (await FindAsync(secret, cancellationToken) is null)
        {
            return Result.Refused(Over);
        }

        return await own.ChangeAsync<Result<string>>(
            async () =>
            {
                var hash = SecretToken.HashOf(secret);
                if (await Counting(own).FirstOrDefaultAsync(i => i.Hash == hash, cancellationToken) is not { } invitation)
                {
                    return Result.Refused(Over);
                }

                var made = await accounts.AddAsync(invitation.Email, displayName, invitation.Role, password);
                if (!made.Succeeded)
                {
                    return made;
                }

                await own.Invitations.Where(i => i.Id == invitation.Id).ExecuteDeleteAsync(cancellationToken);
                return invitation.Email;
            },
            cancellationToken);
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
