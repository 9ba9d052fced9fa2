using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using SafeMedLabel.Application.Accounts;

namespace SafeMedLabel.Web.Sessions;

/// <summary>
/// The cookie between password and code. It carries the account's stamp as it was: a code counts only for the password, and the second factor, that it was
/// asked for with. The framework keeps a passkey's challenge in the same cookie; that names no account, and has no stamp.
/// </summary>
internal static class PendingCodeCookie
{
    private const string Stamp = "stamp";

    /// <summary>Adds the stamp to the cookie, and lets none of another stamp count.</summary>
    public static void Set(CookieAuthenticationOptions cookie)
    {
        cookie.Events.OnSigningIn = async context =>
        {
            if (AccountOf(context.Principal!) is { } account)
            {
                (context.Principal!.Identity as ClaimsIdentity)!.AddClaim(new Claim(Stamp, await StampAsync(context.HttpContext, account) ?? ""));
            }
        };
        cookie.Events.OnValidatePrincipal = async context =>
        {
            if (AccountOf(context.Principal!) is { } account
                && (await StampAsync(context.HttpContext, account) is not { } now || context.Principal!.FindFirstValue(Stamp) != now))
            {
                context.RejectPrincipal();
            }
        };
    }

    private static string? AccountOf(ClaimsPrincipal pending) => pending.FindFirstValue(ClaimTypes.Name);

    private static async Task<string?> StampAsync(HttpContext http, string account) =>
        await http.RequestServices.GetRequiredService<UserManager<AppUser>>().FindByIdAsync(account) is { SecurityStamp: { Length: > 0 } stamp } ? stamp : null;
}
