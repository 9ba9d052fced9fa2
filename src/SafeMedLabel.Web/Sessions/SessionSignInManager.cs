using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using SafeMedLabel.Application.Accounts;

namespace SafeMedLabel.Web.Sessions;

/// <summary>Signs people in and out, whichever way they proved who they are, and keeps their sessions.</summary>
internal sealed class SessionSignInManager(
    SessionService sessions,
    UserManager<AppUser> users,
    IHttpContextAccessor http,
    IUserClaimsPrincipalFactory<AppUser> principals,
    IOptions<IdentityOptions> options,
    ILogger<SignInManager<AppUser>> logger,
    IAuthenticationSchemeProvider schemes,
    IUserConfirmation<AppUser> confirmation)
    : SignInManager<AppUser>(users, http, principals, options, logger, schemes, confirmation)
{
    /// <inheritdoc />
    public override async Task SignInWithClaimsAsync(AppUser user, AuthenticationProperties? authenticationProperties, IEnumerable<Claim> additionalClaims)
    {
        ArgumentNullException.ThrowIfNull(user);
        // Who is signed in already, and only gets a new cookie, stays in the session.
        var session = UserManager.GetUserId(Context.User) == user.Id && SessionClaim.Of(Context.User) is { } open && await sessions.SeeAsync(user.Id, open, Context.RequestAborted)
            ? open
            : await sessions.OpenAsync(user.Id, Context.Request.Headers.UserAgent, Context.RequestAborted);
        await base.SignInWithClaimsAsync(user, authenticationProperties, additionalClaims.Append(SessionClaim.For(session)));
    }

    /// <summary>Signs in whoever holds the passkey that answered; it asked for finger, face or PIN, so no second factor is asked for.</summary>
    /// <param name="credential">The device's answer, in the WebAuthn form.</param>
    /// <returns>Whose passkey it is, where it is anybody's, and whether they are in.</returns>
    public async Task<(AppUser? Person, SignInResult Result)> PasskeyAsync(string credential)
    {
        PasskeyAssertionResult<AppUser> assertion;
        try
        {
            assertion = await PerformPasskeyAssertionAsync(credential);
        }
        catch (Exception unasked) when (unasked is InvalidOperationException or ArgumentException)
        {
            // Nobody asked this browser for a passkey, or too long ago, or it sent nothing.
            return (null, SignInResult.Failed);
        }

        if (!assertion.Succeeded || !(await UserManager.AddOrUpdatePasskeyAsync(assertion.User, assertion.Passkey)).Succeeded)
        {
            return (null, SignInResult.Failed);
        }

        return (assertion.User, await PreSignInCheck(assertion.User) ?? await SignInOrTwoFactorAsync(assertion.User, isPersistent: false, bypassTwoFactor: true));
    }

    /// <inheritdoc />
    public override async Task SignOutAsync()
    {
        if (UserManager.GetUserId(Context.User) is { } userId && SessionClaim.Of(Context.User) is { } session)
        {
            await sessions.EndAsync(userId, session);
        }

        await base.SignOutAsync();
    }
}
