using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Web.Sessions;

/// <summary>Whether a cookie still counts: its account is unchanged and not disabled, and its session was not ended.</summary>
internal sealed class SessionValidator(IOptions<SecurityStampValidatorOptions> options, SignInManager<AppUser> signIn, ILoggerFactory logging, SessionService sessions)
    : SecurityStampValidator<AppUser>(options, signIn, logging)
{
    /// <inheritdoc />
    protected override async Task<AppUser?> VerifySecurityStamp(ClaimsPrincipal? principal)
    {
        if (principal is null || SessionClaim.Of(principal) is not { } session || SignInManager.UserManager.GetUserId(principal) is not { } userId)
        {
            return null;
        }

        var user = await base.VerifySecurityStamp(principal);
        if (user is null)
        {
            await StorageFailure.SkipAsync(() => sessions.EndAsync(userId, session));
            return null;
        }

        return await sessions.SeeAsync(userId, session) ? user : null;
    }
}
