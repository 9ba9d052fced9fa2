using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Web.Sessions;

namespace SafeMedLabel.Web.Endpoints;

/// <summary>
/// What a browser asks before it asks the person's device: the challenge of a passkey that is made or used, in the WebAuthn form. The answer
/// comes back in a form of the page. A form on another site can send no JSON, so the cookie alone does not suffice.
/// </summary>
internal static class PasskeyEndpoint
{
    public static void Map(WebApplication app)
    {
        app.MapPost("/login/passkey-options", async (SignInManager<AppUser> signIn) => Json(await signIn.MakePasskeyRequestOptionsAsync(null)))
            .AllowAnonymous().ForScripts().RequireRateLimiting(SourceLimit.Sent);
        app.MapPost("/account/passkeys/options", MakeAsync).RequireAuthorization().ForScripts();
    }

    // Whoever finds a browser open can do what its person can, but shall not be able to come back: that takes the password, where there is one.
    private static async Task<IResult> MakeAsync(SentPassword sent, ClaimsPrincipal person, SignInManager<AppUser> signIn, UserManager<AppUser> users, PasswordCheck passwords)
    {
        var user = (await users.GetUserAsync(person))!;
        if (await users.HasPasswordAsync(user) && (await passwords.ProveAsync(user, sent.Password ?? "")).Error is { } problem)
        {
            return Results.Text(problem, statusCode: StatusCodes.Status409Conflict);
        }

        return Json(await signIn.MakePasskeyCreationOptionsAsync(new PasskeyUserEntity
        {
            Id = user.Id,
            Name = user.Email!,
            DisplayName = user.DisplayName,
        }));
    }

    private static IResult Json(string options) => Results.Text(options, "application/json");

    private sealed record SentPassword(string? Password = null);
}
