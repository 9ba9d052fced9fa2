using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;
using SafeMedLabel.Application.Accounts;

namespace SafeMedLabel.Web.Endpoints.V1;

/// <summary>
/// Lets programs in by the key in 'Authorization: Bearer …'. Cookies do not count here, so that no other site's page can act for who happens to be
/// signed in.
/// </summary>
internal sealed class ApiKeyAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logging, UrlEncoder encoder, ApiKeyService keys)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logging, encoder)
{
    /// <summary>Name of the scheme.</summary>
    public const string SchemeName = "ApiKey";

    /// <summary>Claim that holds the key's row.</summary>
    public const string KeyClaim = "api-key";

    private const string ScopeClaim = "scope";
    private const string Bearer = "Bearer ";

    /// <summary>What a request needs: a key with a scope, of somebody who has at least a role.</summary>
    public static AuthorizationPolicy Needs(ApiScope scope, string role = Roles.Pathologist) =>
        new AuthorizationPolicyBuilder(SchemeName).RequireClaim(ScopeClaim, scope.ToString()).AddRequirements(new RoleRequirement(role)).Build();

    /// <inheritdoc />
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers.Authorization is not [{ } header] || !header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            return AuthenticateResult.NoResult();
        }

        if (await keys.FindAsync(header[Bearer.Length..].Trim(), Context.RequestAborted) is not { } caller)
        {
            return AuthenticateResult.Fail("This key does not count.");
        }

        var identity = new ClaimsIdentity(
            [
                new Claim(ClaimTypes.NameIdentifier, caller.UserId),
                new Claim(ClaimTypes.Role, caller.Role),
                new Claim(KeyClaim, caller.KeyId.ToString(System.Globalization.CultureInfo.InvariantCulture)),
                .. Enum.GetValues<ApiScope>().Where(scope => scope != ApiScope.None && caller.Scope.HasFlag(scope)).Select(scope => new Claim(ScopeClaim, scope.ToString())),
            ],
            SchemeName);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }

    /// <inheritdoc />
    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.StatusCode = StatusCodes.Status401Unauthorized;
        Response.Headers.WWWAuthenticate = "Bearer";
        return Task.CompletedTask;
    }
}
