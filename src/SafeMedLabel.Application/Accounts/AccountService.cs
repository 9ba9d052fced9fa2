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

/// <summary>
/// Makes and changes accounts, each change in one transaction. Each account has exactly one role; once there is an admin who can sign in, there always is one.
/// </summary>
public sealed class AccountService(UserManager<AppUser> users, AppDbContext own, IDbContextFactory<AppDbContext> contexts, TimeProvider time)
{
    private const string Gone = "This account no longer exists.";
    private const string NoRole = "There is no such role.";
    private const string IsSetUp = "Set-up has been done already; please sign in.";

    /// <summary>True once there is any account.</summary>
    public async Task<bool> AnyAsync(CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Users.AnyAsync(cancellationToken);
    }

    /// <summary>Makes the first account, an admin; refused once there is any. Set-up is open to anyone who reaches a server: of two at once one becomes admin.</summary>
    public async Task<Result> CreateFirstAdminAsync(string email, string displayName, string password) =>
        // Whoever comes later waits for nobody's lock.
        await AnyAsync() ? Result.Refused(IsSetUp)
            : await ChangeAsync(async () => await own.Users.AnyAsync() ? Result.Refused(IsSetUp) : await AddAsync(email, displayName, Roles.Admin, password));

    /// <summary>Makes an account, as an admin does.</summary>
    /// <param name="email">E-mail address, which is the sign-in name.</param>
    /// <param name="displayName">The name colleagues see.</param>
    /// <param name="role">One of <see cref="Roles"/>.</param>
    /// <param name="password">The password.</param>
    public Task<Result> CreateAsync(string email, string displayName, string role, string password) => ChangeAsync(
        async () => await ActorRight.OfAccountAsync(own, Roles.Admin) is { Succeeded: false } denied ? denied : await AddAsync(email, displayName, role, password));

    /// <summary>Lets somebody whom another server vouches for, and who needs no password here, sign in by the account of their address.</summary>
    /// <param name="login">The server, and its name for the person.</param>
    /// <param name="email">The address that it has verified.</param>
    /// <param name="displayName">What it calls the person; where that cannot be a name here, what stands before the address's @ is.</param>
    /// <param name="newRole">One of <see cref="Roles"/>, but no admin, for an account that is made where there is none; null where none is to be made.</param>
    public Task<Result> LinkAsync(UserLoginInfo login, string email, string? displayName, string? newRole) => ChangeAsync(async () =>
    {
        if (newRole == Roles.Admin)
        {
            return Result.Refused("Another server makes nobody an admin here.");
        }

        if (newRole is not null && await users.FindByEmailAsync(email) is null
            && await AddAsync(email, AppUser.Name.Check(displayName) is { Succeeded: true, Value: var name } ? name : email.Split('@')[0], newRole, password: null) is { Succeeded: false } refused)
        {
            return refused;
        }

        return await users.FindByEmailAsync(email) is { } user ? ToResult(await users.AddLoginAsync(user, login)) : Result.Refused(Gone);
    });

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
    public Task<Result> ChangeRoleAsync(string userId, string role) => AdministerAsync(userId, async user =>
    {
        if (!Roles.All.Contains(role))
        {
            return Result.Refused(NoRole);
        }

        var removed = await users.RemoveFromRolesAsync(user, await users.GetRolesAsync(user));
        var added = removed.Succeeded ? await users.AddToRoleAsync(user, role) : removed;
        // Ends what the old role still allows: open sessions are checked against this stamp.
        return ToResult(added.Succeeded ? await users.UpdateSecurityStampAsync(user) : added);
    });

    /// <summary>Sets a new password and ends the account's sessions.</summary>
    public Task<Result> ResetPasswordAsync(string userId, string password) =>
        AdministerAsync(userId, async user =>
        {
            await SignInTries.ForgetAsync(own, user.Id);
            return ToResult(await users.ResetPasswordAsync(user, await users.GeneratePasswordResetTokenAsync(user), password));
        });

    /// <summary>Shuts an account out, or lets it in again.</summary>
    public Task<Result> SetDisabledAsync(string userId, bool disabled) => AdministerAsync(userId, async user =>
    {
        var changed = await users.SetLockoutEndDateAsync(user, disabled ? DateTimeOffset.MaxValue : null);
        return ToResult(changed.Succeeded ? await users.UpdateSecurityStampAsync(user) : changed);
    });

    /// <summary>Asks a person for a code of their authenticator app from now on.</summary>
    /// <param name="userId">The person, who has shown a code of the app.</param>
    /// <param name="recoveryCodes">How many recovery codes they get.</param>
    /// <returns>The recovery codes, the only time that they are seen.</returns>
    public Task<Result<IReadOnlyList<string>>> EnableSecondFactorAsync(string userId, int recoveryCodes) => own.ChangeAsync<Result<IReadOnlyList<string>>>(async () =>
    {
        if (await ActorRight.OwnAsync(own, userId) is { Succeeded: false } denied)
        {
            return denied;
        }

        if (await users.FindByIdAsync(userId) is not { } user)
        {
            return Result.Refused(Gone);
        }

        var enabled = await users.SetTwoFactorEnabledAsync(user, true);
        return enabled.Succeeded ? (string[])[.. (await users.GenerateNewTwoFactorRecoveryCodesAsync(user, recoveryCodes))!] : Refused(enabled);
    });

    /// <summary>A person signs in by password alone again; the key in their app counts no longer.</summary>
    public Task<Result> DisableSecondFactorAsync(string userId) => ChangeAsync(
        async () => await ActorRight.OwnAsync(own, userId) is { Succeeded: false } denied ? denied : await ForAsync(userId, WithoutSecondFactorAsync));

    /// <summary>Lets a person in without the second factor that they lost; they may set one up again.</summary>
    public Task<Result> RemoveSecondFactorAsync(string userId) => AdministerAsync(userId, WithoutSecondFactorAsync);

    /// <summary>Lets none of a person's devices sign them in any more, as when one was lost; they may set them up again.</summary>
    public Task<Result> RemovePasskeysAsync(string userId) => AdministerAsync(userId, async user =>
    {
        foreach (var passkey in await users.GetPasskeysAsync(user))
        {
            if (await users.RemovePasskeyAsync(user, passkey.CredentialId) is { Succeeded: false } failed)
            {
                return Refused(failed);
            }
        }

        return Result.Done;
    });

    /// <summary>Signs a person out everywhere, within a minute; they may sign in again at once.</summary>
    public Task<Result> EndSessionsAsync(string userId, CancellationToken cancellationToken = default) => contexts.ChangeAsync(
        async db =>
        {
            if (await ActorRight.OfAccountAsync(db, Roles.Admin) is { Succeeded: false } denied)
            {
                return denied;
            }

            if (await db.Users.FirstOrDefaultAsync(u => u.Id == userId, cancellationToken) is not { } user)
            {
                return Result.Refused(Gone);
            }

            user.EndSessions();
            db.AuditEntries.Add(AuditDescription.Entry(AuditAction.SessionsEnded, null, AuditDescription.Account(user.Id)));
            return Result.Done;
        },
        cancellationToken);

    /// <summary>Makes an account for whoever may have one: the caller has made sure of that, in the transaction of the scope's own context.</summary>
    internal async Task<Result> AddAsync(string email, string displayName, string role, string? password)
    {
        var (name, address) = (AppUser.Name.Check(displayName), EmailAddress.Check(email));
        if ((name.Error ?? address.Error ?? (Roles.All.Contains(role) ? null : NoRole)) is { } problem)
        {
            return Result.Refused(problem);
        }

        var user = new AppUser { UserName = address.Value, Email = address.Value, EmailConfirmed = true, DisplayName = name.Value!, CreatedUtc = time.GetUtcNow().UtcDateTime };
        var created = password is null ? await users.CreateAsync(user) : await users.CreateAsync(user, password);
        return ToResult(created.Succeeded ? await users.AddToRoleAsync(user, role) : created);
    }

    /// <summary>Changes somebody's account as an admin may.</summary>
    private Task<Result> AdministerAsync(string userId, Func<AppUser, Task<Result>> change) => ChangeAsync(
        async () => await ActorRight.OfAccountAsync(own, Roles.Admin) is { Succeeded: false } denied ? denied : await ForAsync(userId, change));

    private async Task<Result> ForAsync(string userId, Func<AppUser, Task<Result>> change) => await users.FindByIdAsync(userId) is { } user ? await change(user) : Result.Refused(Gone);

    /// <summary>Changes accounts by Identity's manager, which writes with <c>own</c> and several times, all or nothing; and never takes the last admin away.</summary>
    private Task<Result> ChangeAsync(Func<Task<Result>> change) => own.ChangeAsync(async () =>
    {
        var hadAdmin = await AnyAdminAsync();
        var changed = await change();
        return changed.Succeeded && hadAdmin && !await AnyAdminAsync() ? Result.Refused("This is the only admin who can sign in; make another one first.") : changed;
    });

    private async Task<Result> WithoutSecondFactorAsync(AppUser user)
    {
        var removed = await users.SetTwoFactorEnabledAsync(user, false);
        await SignInTries.ForgetStepsAsync(own, user.Id);
        return ToResult(removed.Succeeded ? await users.ResetAuthenticatorKeyAsync(user) : removed);
    }

    /// <summary>Whether there is an admin who can sign in: not shut out, and with a password, a passkey, or a server that vouches for them.</summary>
    private async Task<bool> AnyAdminAsync()
    {
        var admins = from user in own.Users
                     join held in own.UserRoles on user.Id equals held.UserId
                     join role in own.Roles on held.RoleId equals role.Id
                     where role.Name == Roles.Admin
                         && (user.PasswordHash != null || own.UserPasskeys.Any(p => p.UserId == user.Id) || own.UserLogins.Any(l => l.UserId == user.Id))
                     select user.LockoutEnd;
        return (await admins.ToListAsync()).Exists(lockoutEnd => !AppUser.IsDisabledUntil(lockoutEnd));
    }

    private static Result ToResult(IdentityResult result) => result.Succeeded ? Result.Done : Refused(result);

    private static Result Refused(IdentityResult result) => Result.Refused(string.Join(" ", result.Errors.Select(e => e.Description)));
}
