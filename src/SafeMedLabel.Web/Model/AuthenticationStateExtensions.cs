using System.Security.Claims;
using Microsoft.AspNetCore.Components.Authorization;

namespace SafeMedLabel.Web.Model;

/// <summary>Who is signed in.</summary>
internal static class AuthenticationStateExtensions
{
    /// <summary>Key of the account.</summary>
    public static string UserId(this AuthenticationState state) => state.User.FindFirstValue(ClaimTypes.NameIdentifier)
        ?? throw new InvalidOperationException("Nobody is signed in.");
}
