using System.Security.Claims;
using Microsoft.AspNetCore.Identity;

namespace SafeMedLabel.Web.Sessions;

/// <summary>The key of a session, as the browser's cookie carries it.</summary>
internal static class SessionClaim
{
    private const string Type = "session";

    /// <summary>The claim of a session.</summary>
    public static Claim For(Guid sessionId) => new(Type, sessionId.ToString());

    /// <summary>The session's key; null where there is none.</summary>
    public static Guid? Of(ClaimsPrincipal? person) => Guid.TryParse(person?.FindFirstValue(Type), out var id) ? id : null;

    /// <summary>A principal that is made anew stays in its session.</summary>
    public static Task CarryOverAsync(SecurityStampRefreshingPrincipalContext context)
    {
        if (Of(context.CurrentPrincipal) is { } session)
        {
            (context.NewPrincipal!.Identity as ClaimsIdentity)!.AddClaim(For(session));
        }

        return Task.CompletedTask;
    }
}
