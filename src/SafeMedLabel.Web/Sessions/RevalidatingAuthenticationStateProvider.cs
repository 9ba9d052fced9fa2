using System.Security.Claims;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using SafeMedLabel.Application.Accounts;

namespace SafeMedLabel.Web.Sessions;

/// <summary>Ends a circuit when its account was disabled or changed since, or its session is over. A page that is only open is no use of it.</summary>
internal sealed class RevalidatingAuthenticationStateProvider(ILoggerFactory loggers, IServiceScopeFactory scopes, SessionService sessions, IOptions<IdentityOptions> options)
    : RevalidatingServerAuthenticationStateProvider(loggers)
{
    /// <inheritdoc />
    protected override TimeSpan RevalidationInterval => TimeSpan.FromMinutes(1);

    /// <inheritdoc />
    protected override async Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<AppUser>>();
        return await users.GetUserAsync(authenticationState.User) is { } user
            && authenticationState.User.FindFirstValue(options.Value.ClaimsIdentity.SecurityStampClaimType) == await users.GetSecurityStampAsync(user)
            && SessionClaim.Of(authenticationState.User) is { } session && await sessions.GoesOnAsync(user.Id, session, cancellationToken);
    }
}
