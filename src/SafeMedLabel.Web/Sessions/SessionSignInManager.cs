using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Web.Sessions;

/// <summary>
/// Signs people in and out, whichever way they proved who they are, and keeps their sessions. All ways end in <see cref="SignInWithClaimsAsync"/>, the one gate:
/// it lets no disabled account in. What can be guessed, passwords and codes, is counted before that.
/// </summary>
internal sealed class SessionSignInManager(
    SessionService sessions,
    SignInTries tries,
    RefusedSignIns refused,
    PasswordCheck passwords,
    UserManager<AppUser> users,
    IHttpContextAccessor http,
    IUserClaimsPrincipalFactory<AppUser> principals,
    IOptions<IdentityOptions> options,
    ILogger<SignInManager<AppUser>> logger,
    IAuthenticationSchemeProvider schemes,
    IUserConfirmation<AppUser> confirmation)
    : SignInManager<AppUser>(users, http, principals, options, logger, schemes, confirmation)
{
    private const int AppDigits = 6;

    private bool _isIn;

    /// <inheritdoc />
    public override async Task SignInWithClaimsAsync(AppUser user, AuthenticationProperties? authenticationProperties, IEnumerable<Claim> additionalClaims)
    {
        ArgumentNullException.ThrowIfNull(user);
        // Who is signed in already, and only gets a new cookie, stays in the session.
        if (UserManager.GetUserId(Context.User) != user.Id || SessionClaim.Of(Context.User) is not { } session || !await sessions.SeeAsync(user.Id, session, Context.RequestAborted))
        {
            if (!await sessions.MayComeInAsync(user.Id, Context.RequestAborted))
            {
                return;
            }

            session = await sessions.OpenAsync(user.Id, Context.Request.Headers.UserAgent, Context.RequestAborted);
            await tries.ForgetAsync(user.Id, Context.RequestAborted);
        }

        await base.SignInWithClaimsAsync(user, authenticationProperties, additionalClaims.Append(SessionClaim.For(session)));
        _isIn = true;
    }

    /// <summary>Signs in whoever knows an address and its password. Whether it is an account's, and what it wants, is the same to whoever does not.</summary>
    /// <param name="address">What was typed as the address.</param>
    /// <param name="password">What was typed as the password.</param>
    /// <param name="remember">Whether the browser keeps them signed in when it is closed.</param>
    /// <returns>In, asked for a second factor, or no more than that it failed.</returns>
    public async Task<SignInResult> PasswordAsync(string address, string password, bool remember)
    {
        var account = await UserManager.FindByNameAsync(address);
        if (await passwords.CheckAsync(account, password) == PasswordAnswer.Right)
        {
            var result = await PreSignInCheck(account!) ?? await SignInOrTwoFactorAsync(account!, remember);
            if (result.Succeeded || result.RequiresTwoFactor)
            {
                return result;
            }
        }

        refused.Add(account?.Id);
        return SignInResult.Failed;
    }

    /// <summary>Signs in whoever gave the password before, or came from the hospital's sign-on, and now types a code of their app or a recovery code.</summary>
    /// <param name="code">What was typed.</param>
    /// <param name="remember">Whether the browser keeps them signed in when it is closed.</param>
    /// <param name="remembersDevice">Whether this browser is not asked for a code again.</param>
    public async Task<SignInResult> CodeAsync(string code, bool remember, bool remembersDevice)
    {
        if (await GetTwoFactorAuthenticationUserAsync() is not { } account)
        {
            return SignInResult.Failed;
        }

        var result = await PreSignInCheck(account) ?? (!await tries.TakeAsync(account.Id, Context.RequestAborted) ? SignInResult.LockedOut
            : await IsCodeAsync(account, code) ? await EnterByCodeAsync(account, remember, remembersDevice)
            : SignInResult.Failed);
        return Told(account, result);
    }

    /// <summary>Signs in whoever holds the passkey that answered; it asked for finger, face or PIN, so no second factor is asked for.</summary>
    /// <param name="credential">The device's answer, in the WebAuthn form.</param>
    public async Task<SignInResult> PasskeyAsync(string credential)
    {
        PasskeyAssertionResult<AppUser> assertion;
        try
        {
            assertion = await PerformPasskeyAssertionAsync(credential);
        }
        catch (Exception unasked) when (unasked is InvalidOperationException or ArgumentException)
        {
            // Nobody asked this browser for a passkey, or too long ago, or it sent nothing.
            return SignInResult.Failed;
        }

        if (!assertion.Succeeded || !(await UserManager.AddOrUpdatePasskeyAsync(assertion.User, assertion.Passkey)).Succeeded)
        {
            return SignInResult.Failed;
        }

        var result = await PreSignInCheck(assertion.User) ?? await SignInOrTwoFactorAsync(assertion.User, isPersistent: false, bypassTwoFactor: true);
        return Told(assertion.User, result);
    }

    /// <inheritdoc />
    public override async Task<SignInResult> ExternalLoginSignInAsync(string loginProvider, string providerKey, bool isPersistent, bool bypassTwoFactor)
    {
        var result = await base.ExternalLoginSignInAsync(loginProvider, providerKey, isPersistent, bypassTwoFactor);
        return await UserManager.FindByLoginAsync(loginProvider, providerKey) is { } account ? Told(account, result) : result;
    }

    /// <inheritdoc />
    /// <remarks>Counted whatever <paramref name="lockoutOnFailure"/> says.</remarks>
    public override async Task<SignInResult> CheckPasswordSignInAsync(AppUser user, string password, bool lockoutOnFailure) =>
        await PreSignInCheck(user) ?? await passwords.CheckAsync(user, password) switch
        {
            PasswordAnswer.Right => SignInResult.Success,
            PasswordAnswer.NotTaken => SignInResult.LockedOut,
            _ => SignInResult.Failed,
        };

    /// <inheritdoc />
    public override Task<SignInResult> TwoFactorAuthenticatorSignInAsync(string code, bool isPersistent, bool rememberClient) => CodeAsync(code, isPersistent, rememberClient);

    /// <inheritdoc />
    public override Task<SignInResult> TwoFactorRecoveryCodeSignInAsync(string recoveryCode) => CodeAsync(recoveryCode, remember: false, remembersDevice: false);

    /// <inheritdoc />
    public override async Task SignOutAsync()
    {
        if (UserManager.GetUserId(Context.User) is { } userId && SessionClaim.Of(Context.User) is { } session)
        {
            // Who leaves a browser that others use is out of it, even where the storage takes nothing.
            await StorageFailure.SkipAsync(() => sessions.EndAsync(userId, session));
        }

        await base.SignOutAsync();
    }

    /// <inheritdoc />
    protected override async Task<SignInResult> SignInOrTwoFactorAsync(AppUser user, bool isPersistent, string? loginProvider = null, bool bypassTwoFactor = false)
    {
        var result = await base.SignInOrTwoFactorAsync(user, isPersistent, loginProvider, bypassTwoFactor);
        return result.Succeeded && !_isIn ? SignInResult.LockedOut : result;
    }

    /// <summary>An app shows six digits, which people type in two groups; a recovery code is longer.</summary>
    private async Task<bool> IsCodeAsync(AppUser account, string code)
    {
        var digits = string.Concat(code.Where(character => character is not (' ' or '-')));
        return digits.Length == AppDigits
            ? await UserManager.VerifyTwoFactorTokenAsync(account, Options.Tokens.AuthenticatorTokenProvider, digits)
            : (await UserManager.RedeemTwoFactorRecoveryCodeAsync(account, code.Trim())).Succeeded;
    }

    private async Task<SignInResult> EnterByCodeAsync(AppUser account, bool remember, bool remembersDevice)
    {
        await Context.SignOutAsync(IdentityConstants.ExternalScheme);
        await Context.SignOutAsync(IdentityConstants.TwoFactorUserIdScheme);
        await SignInWithClaimsAsync(account, new AuthenticationProperties { IsPersistent = remember }, [new Claim("amr", "mfa")]);
        if (!_isIn)
        {
            return SignInResult.LockedOut;
        }

        if (remembersDevice)
        {
            await RememberTwoFactorClientAsync(account);
        }

        return SignInResult.Success;
    }

    /// <summary>The audit trail tells who was not let in; who was has the entry of the session.</summary>
    private SignInResult Told(AppUser account, SignInResult result)
    {
        if (!result.Succeeded && !result.RequiresTwoFactor)
        {
            refused.Add(account.Id);
        }

        return result;
    }
}
