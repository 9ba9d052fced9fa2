using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Web.Components.Account;
using SafeMedLabel.Web.Sessions;

namespace SafeMedLabel.Web.SignOn;

/// <summary>
/// Signs in whom the hospital's own server vouches for. A person is known by that server's name for them; when they come first, the account with the
/// address that it has verified becomes theirs.
/// </summary>
internal static class HospitalSignOn
{
    /// <summary>Where a sign-in by it begins.</summary>
    public const string Start = "/login/external";

    private const string Scheme = "oidc";
    private const string Done = "/login/external/done";
    private const string Subject = "sub";

    /// <summary>Adds it where the settings name a server.</summary>
    public static void Add(IServiceCollection services, IConfiguration configuration)
    {
        var section = configuration.GetSection(HospitalSignOnOptions.Section);
        services.AddOptions<HospitalSignOnOptions>().Bind(section)
            .Validate(options => options.IsValid, "The setting OpenIdConnect:Authority is an https address, OpenIdConnect:ClientId a name, and OpenIdConnect:NewRole 'Pathologist' or 'Lead'.").ValidateOnStart();
        if ((section.Get<HospitalSignOnOptions>() ?? new HospitalSignOnOptions()) is not { IsUsed: true, IsValid: true } options)
        {
            return;
        }

        services.AddAuthentication().AddOpenIdConnect(Scheme, options.DisplayName, oidc =>
        {
            (oidc.Authority, oidc.ClientId, oidc.ClientSecret) = (options.Authority, options.ClientId, options.ClientSecret);
            oidc.SignInScheme = IdentityConstants.ExternalScheme;
            oidc.RequireHttpsMetadata = new Uri(options.Authority!).Scheme == Uri.UriSchemeHttps;
            (oidc.ResponseType, oidc.ResponseMode, oidc.UsePkce) = (OpenIdConnectResponseType.Code, OpenIdConnectResponseMode.Query, true);
            (oidc.MapInboundClaims, oidc.GetClaimsFromUserInfoEndpoint, oidc.SaveTokens) = (false, true, false);
            oidc.Scope.Add("email");
            oidc.ClaimActions.MapUniqueJsonKey(ClaimNames.Email, ClaimNames.Email);
            oidc.ClaimActions.MapUniqueJsonKey(ClaimNames.EmailVerified, ClaimNames.EmailVerified);
            // The way back is an ordinary link: these need not travel with other sites' forms, and are as secure as the sign-in's own cookie.
            foreach (var cookie in (CookieBuilder[])[oidc.CorrelationCookie, oidc.NonceCookie])
            {
                (cookie.SameSite, cookie.SecurePolicy) = (SameSiteMode.Lax, CookieSecurePolicy.SameAsRequest);
            }

            oidc.Events.OnRemoteFailure = failed =>
            {
                failed.HttpContext.RequestServices.GetRequiredService<ILogger<HospitalSignOnOptions>>().LogWarning("A sign-on failed: {Reason}", failed.Failure?.Message);
                failed.Response.Redirect(Problem(SignOnProblem.Failed));
                failed.HandleResponse();
                return Task.CompletedTask;
            };
        });
    }

    /// <summary>Maps where it begins and where it leads back to.</summary>
    public static void Map(WebApplication app)
    {
        if (!app.Services.GetRequiredService<IOptions<HospitalSignOnOptions>>().Value.IsUsed)
        {
            return;
        }

        app.MapGet(Start, (SignInManager<AppUser> signIn, string? returnUrl) => Results.Challenge(
            signIn.ConfigureExternalAuthenticationProperties(Scheme, $"{Done}?returnUrl={Uri.EscapeDataString(LocalAddress.OrHome(returnUrl))}"), [Scheme])).AllowAnonymous().RequireRateLimiting(SourceLimit.Everything);
        app.MapGet(Done, SignInAsync).AllowAnonymous().RequireRateLimiting(SourceLimit.Everything);
    }

    private static async Task<IResult> SignInAsync(
        SignInManager<AppUser> signIn, UserManager<AppUser> users, AccountService accounts, IOptions<HospitalSignOnOptions> options, string? returnUrl)
    {
        if (await signIn.GetExternalLoginInfoAsync() is not { Principal: var person } || Login(person) is not { } login)
        {
            return Refused(SignOnProblem.Failed);
        }

        if (await users.FindByLoginAsync(login.LoginProvider, login.ProviderKey) is null && await LinkAsync(accounts, options.Value, person, login) is { } problem)
        {
            return Refused(problem);
        }

        var result = await signIn.ExternalLoginSignInAsync(login.LoginProvider, login.ProviderKey, isPersistent: false);
        if (result.RequiresTwoFactor)
        {
            return Results.LocalRedirect($"/login/code?returnUrl={Uri.EscapeDataString(LocalAddress.OrHome(returnUrl))}");
        }

        return result.Succeeded ? Results.LocalRedirect(LocalAddress.OrHome(returnUrl)) : Refused(SignOnProblem.Locked);
    }

    /// <summary>By the server's own name and its name for the person: another server's person of the same name is somebody else.</summary>
    private static UserLoginInfo? Login(ClaimsPrincipal person) => person.FindFirst(Subject) is { } subject ? new UserLoginInfo(subject.Issuer, subject.Value, Scheme) : null;

    private static async Task<SignOnProblem?> LinkAsync(AccountService accounts, HospitalSignOnOptions options, ClaimsPrincipal person, UserLoginInfo login)
    {
        if (person.FindFirstValue(ClaimNames.Email) is not { } email || !string.Equals(person.FindFirstValue(ClaimNames.EmailVerified), "true", StringComparison.OrdinalIgnoreCase))
        {
            return SignOnProblem.Unverified;
        }

        return (await accounts.LinkAsync(login, email, person.FindFirstValue(ClaimNames.Name), options.CreateAccounts ? options.NewRole : null)).Succeeded ? null : SignOnProblem.Unknown;
    }

    private static string Problem(SignOnProblem problem) => $"/login?problem={problem}";

    private static IResult Refused(SignOnProblem problem) => Results.LocalRedirect(Problem(problem));

    private static class ClaimNames
    {
        public const string Email = "email";
        public const string EmailVerified = "email_verified";
        public const string Name = "name";
    }
}
