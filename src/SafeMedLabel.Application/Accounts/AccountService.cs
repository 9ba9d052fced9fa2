using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Auditing;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Accounts;

/// <summary>An account in a list.</summary>
/// <param name="Id">Key.</param>
/// <param name="Email">E-mail address, which is the sign-in name.</param>
/// <param name="DisplayName">The name colleagues see.</param>
/// <param name="Role">One of <see cref="Roles"/>.</param>
/// <param name="IsDisabled">True when it may not sign in.</param>
/// <param name="HasSecondFactor">True when signing in takes a code beside the password.</param>
/// <param name="HasPasskeys">True when a device of theirs signs them in without a password.</param>
/// <param name="HasApiKeys">True when a program can act for them by a key.</param>
/// <param name="CreatedUtc">When it was made.</param>
public sealed record AccountView(string Id, string Email, string DisplayName, string Role, bool IsDisabled, bool HasSecondFactor, bool HasPasskeys, bool HasApiKeys, DateTime CreatedUtc);

/// <summary>Makes and changes accounts. Each has exactly one role; there is always an admin who can sign in.</summary>
public sealed class AccountService(UserManager<AppUser> users, IDbContextFactory<AppDbContext> contexts, TimeProvider time)
{
    // First-run set-up is open to anyone who reaches the server: two at once must not both become admin.
    private static readonly SemaphoreSlim FirstAdminGate = new(1, 1);

    /// <summary>True once there is any account.</summary>
    public async Task<bool> AnyAsync(CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Users.AnyAsync(cancellationToken);
    }

    /// <summary>Makes the first account, an admin; refused once there is any.</summary>
    public async Task<Result> CreateFirstAdminAsync(string email, string displayName, string password)
    {
        await FirstAdminGate.WaitAsync();
        try
        {
            return await AnyAsync()
                ? Result.Refused("Set-up has been done already; please sign in.")
                : await AddAsync(email, displayName, Roles.Admin, password);
        }
        finally
        {
            FirstAdminGate.Release();
        }
    }

    /// <summary>Makes an account, as an admin does.</summary>
    /// <param name="email">E-mail address, which is the sign-in name.</param>
    /// <param name="displayName">The name colleagues see.</param>
    /// <param name="role">One of <see cref="Roles"/>.</param>
    /// <param name="password">The password.</param>
    public async Task<Result> CreateAsync(string email, string displayName, string role, string password) =>
        await DeniedAsync() ?? await AddAsync(email, displayName, role, password);

    /// <summary>Makes an account for somebody whom another server vouches for, and who has no password here.</summary>
    /// <param name="email">E-mail address, which that server has verified.</param>
    /// <param name="displayName">The name colleagues see.</param>
    /// <param name="role">One of <see cref="Roles"/>, but no admin.</param>
    public Task<Result> CreateVouchedForAsync(string email, string displayName, string role) =>
        role == Roles.Admin ? Task.FromResult(Result.Refused("Another server makes nobody an admin here.")) : AddAsync(email, displayName, role, password: null);

    /// <summary>Makes an account for whoever may have one: the caller has made sure of that.</summary>
    internal async Task<Result> AddAsync(string email, string displayName, string role, string? password)
    {
        email = email.Trim();
        if ((string.IsNullOrWhiteSpace(displayName) ? "Please give a name." : Problem(email, role)) is { } problem)
        {
            return Result.Refused(problem);
        }

        var user = new AppUser { UserName = email, Email = email, EmailConfirmed = true, DisplayName = displayName.Trim(), CreatedUtc = time.GetUtcNow().UtcDateTime };
        var created = password is null ? await users.CreateAsync(user) : await users.CreateAsync(user, password);
        if (!created.Succeeded)
        {
            return Refused(created);
        }

        return ToResult(await users.AddToRoleAsync(user, role));
    }

    /// <summary>Why there can be no account of this address and role; null where there can.</summary>
    internal static string? Problem(string email, string role) =>
        !Roles.All.Contains(role) ? "There is no such role."
        : !new System.ComponentModel.DataAnnotations.EmailAddressAttribute().IsValid(email) ? "This is not an e-mail address."
        : null;

    /// <summary>All accounts by name.</summary>
    public async Task<IReadOnlyList<AccountView>> ListAsync(CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var now = time.GetUtcNow();
        var rows = await (from user in db.Users
                          join membership in db.UserRoles on user.Id equals membership.UserId
                          join role in db.Roles on membership.RoleId equals role.Id
                          orderby user.DisplayName
                          select new
                          {
                              user.Id,
                              user.Email,
                              user.DisplayName,
                              Role = role.Name,
                              user.LockoutEnd,
                              user.TwoFactorEnabled,
                              HasPasskeys = db.UserPasskeys.Any(p => p.UserId == user.Id),
                              HasApiKeys = db.ApiKeys.Any(k => k.UserId == user.Id && k.RevokedUtc == null && k.ExpiresUtc > now.UtcDateTime),
                              user.CreatedUtc,
                          }).ToListAsync(cancellationToken);
        return [.. rows.Select(r => new AccountView(r.Id, r.Email!, r.DisplayName, r.Role!, AppUser.IsDisabledUntil(r.LockoutEnd), r.TwoFactorEnabled, r.HasPasskeys, r.HasApiKeys, r.CreatedUtc))];
    }

    /// <summary>Gives an account another role.</summary>
    public async Task<Result> ChangeRoleAsync(string userId, string role)
    {
        if (await DeniedAsync() is { } denied)
        {
            return denied;
        }

        if (!Roles.All.Contains(role))
        {
            return Result.Refused("There is no such role.");
        }

        if (await users.FindByIdAsync(userId) is not { } user)
        {
            return Result.Refused("This account no longer exists.");
        }

        if (role != Roles.Admin && await IsLastAdminAsync(user))
        {
            return Result.Refused("This is the only admin; make another one first.");
        }

        var old = await users.GetRolesAsync(user);
        var removed = await users.RemoveFromRolesAsync(user, old);
        if (!removed.Succeeded)
        {
            return Refused(removed);
        }

        var added = await users.AddToRoleAsync(user, role);
        // Ends what the old role still allows: open sessions are checked against this stamp.
        await users.UpdateSecurityStampAsync(user);
        return ToResult(added);
    }

    /// <summary>Sets a new password and ends the account's sessions.</summary>
    public async Task<Result> ResetPasswordAsync(string userId, string password)
    {
        if (await DeniedAsync() is { } denied)
        {
            return denied;
        }

        if (await users.FindByIdAsync(userId) is not { } user)
        {
            return Result.Refused("This account no longer exists.");
        }

        return ToResult(await users.ResetPasswordAsync(user, await users.GeneratePasswordResetTokenAsync(user), password));
    }

    /// <summary>Shuts an account out, or lets it in again.</summary>
    public async Task<Result> SetDisabledAsync(string userId, bool disabled)
    {
        if (await DeniedAsync() is { } denied)
        {
            return denied;
        }

        if (await users.FindByIdAsync(userId) is not { } user)
        {
            return Result.Refused("This account no longer exists.");
        }

        if (disabled && await IsLastAdminAsync(user))
        {
            return Result.Refused("This is the only admin; make another one first.");
        }

        var changed = await users.SetLockoutEndDateAsync(user, disabled ? DateTimeOffset.MaxValue : null);
        await users.UpdateSecurityStampAsync(user);
        return ToResult(changed);
    }

    /// <summary>Lets a person in without the second factor that they lost; they may set one up again.</summary>
    public async Task<Result> RemoveSecondFactorAsync(string userId)
    {
        if (await DeniedAsync() is { } denied)
        {
            return denied;
        }

        if (await users.FindByIdAsync(userId) is not { } user)
        {
            return Result.Refused("This account no longer exists.");
        }

        var removed = await users.SetTwoFactorEnabledAsync(user, false);
        return removed.Succeeded ? ToResult(await users.ResetAuthenticatorKeyAsync(user)) : Refused(removed);
    }

    /// <summary>Lets none of a person's devices sign them in any more, as when one was lost; they may set them up again.</summary>
    public async Task<Result> RemovePasskeysAsync(string userId)
    {
        if (await DeniedAsync() is { } denied)
        {
            return denied;
        }

        if (await users.FindByIdAsync(userId) is not { } user)
        {
            return Result.Refused("This account no longer exists.");
        }

        foreach (var passkey in await users.GetPasskeysAsync(user))
        {
            var removed = await users.RemovePasskeyAsync(user, passkey.CredentialId);
            if (!removed.Succeeded)
            {
                return Refused(removed);
            }
        }

        return Result.Done;
    }

    /// <summary>Signs a person out everywhere, within a minute; they may sign in again at once.</summary>
    public async Task<Result> EndSessionsAsync(string userId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await ActorRight.OfAccountAsync(db, Roles.Admin) is { Succeeded: false } denied)
        {
            return denied;
        }

        if (await db.Users.FirstOrDefaultAsync(u => u.Id == userId, cancellationToken) is not { } user)
        {
            return Result.Refused("This account no longer exists.");
        }

        // Not by Identity's manager: the new stamp and its entry in the trail are written together or not at all.
        user.EndSessions();
        db.AuditEntries.Add(AuditDescription.Entry(AuditAction.SessionsEnded, null, AuditDescription.Account(user.Id)));
        await db.SaveChangesAsync(cancellationToken);
        return Result.Done;
    }

    /// <summary>The refusal of whoever is no admin; null for an admin, and where the program acts of itself.</summary>
    private async Task<Result?> DeniedAsync()
    {
        await using var db = await contexts.CreateDbContextAsync();
        return await ActorRight.OfAccountAsync(db, Roles.Admin) is { Succeeded: false } denied ? denied : null;
    }

    private async Task<bool> IsLastAdminAsync(AppUser user)
    {
        var admins = (await users.GetUsersInRoleAsync(Roles.Admin)).Where(a => !AppUser.IsDisabledUntil(a.LockoutEnd)).ToList();
        return admins.Count == 1 && admins[0].Id == user.Id;
    }

    private static Result ToResult(IdentityResult result) => result.Succeeded ? Result.Done : Refused(result);

    private static Result Refused(IdentityResult result) => Result.Refused(string.Join(" ", result.Errors.Select(e => e.Description)));
}
