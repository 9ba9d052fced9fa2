using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.AspNetCore.Components.Server.Circuits;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.FileProviders;
using MudBlazor.Services;
using SafeMedLabel.Application;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Web.Components;
using SafeMedLabel.Web.Endpoints;
using SafeMedLabel.Web.Endpoints.V1;
using SafeMedLabel.Web.Health;
using SafeMedLabel.Web.Languages;
using SafeMedLabel.Web.Sessions;
using SafeMedLabel.Web.SignOn;
using Scalar.AspNetCore;

namespace SafeMedLabel.Web;

/// <summary>Pages, accounts and endpoints: what they need, and in which order a request meets them.</summary>
internal static class WebUi
{
    /// <summary>Where style sheets, scripts and icons lie.</summary>
    public static string AssetFolder { get; } = Path.Combine(AppContext.BaseDirectory, "wwwroot-assets");

    /// <summary>Adds pages and accounts.</summary>
    public static IServiceCollection AddSafeMedLabelUi(this IServiceCollection services, IConfiguration configuration)
    {
        ApiSetup.Add(services, configuration);
        services.AddRazorComponents().AddInteractiveServerComponents();
        services.AddMudServices();
        services.AddHealthChecks().AddCheck<StorageHealth>("storage").AddCheck<WorkerHealth>("worker");
        // The browser's language for those who chose none; numbers and dates are written the same way for all.
        services.Configure<RequestLocalizationOptions>(options =>
        {
            options.SetDefaultCulture("en");
            options.AddSupportedUICultures([.. ReadingTexts.Languages.Keys]);
        });
        services.AddCascadingAuthenticationState();
        services.AddIdentity<AppUser, IdentityRole>(ApplicationServices.ConfigureIdentity).AddEntityFrameworkStores<AppDbContext>().AddDefaultTokenProviders()
            .AddSignInManager<SessionSignInManager>().AddUserStore<ProtectedUserStore>();
        services.AddScoped<ISecurityStampValidator, SessionValidator>();
        services.Configure<IdentityPasskeyOptions>(passkeys =>
        {
            // The device must ask for finger, face or PIN, and keep whose passkey it is: nobody types an address first.
            passkeys.UserVerificationRequirement = "required";
            passkeys.ResidentKeyRequirement = "required";
        });
        // Over TLS never without it; the framework would send this one either way.
        services.AddAntiforgery(antiforgery => antiforgery.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest);
        services.ConfigureApplicationCookie(cookie =>
        {
            cookie.LoginPath = "/login";
            cookie.AccessDeniedPath = "/account/access-denied";
            cookie.ReturnUrlParameter = "ReturnUrl";
            cookie.ExpireTimeSpan = SessionService.Lifetime;
            cookie.SlidingExpiration = true;
            cookie.Cookie.SameSite = SameSiteMode.Lax;
        });
        // A changed role or password, or somebody who ends them, ends open sessions within a minute.
        services.Configure<SecurityStampValidatorOptions>(options =>
        {
            options.ValidationInterval = TimeSpan.FromMinutes(1);
            options.OnRefreshingPrincipal = SessionClaim.CarryOverAsync;
        });
        HospitalSignOn.Add(services, configuration);
        services.AddScoped<CircuitHandler, ActorCircuitHandler>();
        services.AddScoped<AuthenticationStateProvider, RevalidatingAuthenticationStateProvider>();
        services.AddSingleton<IAuthorizationHandler, RoleHandler>();
        services.AddAuthorization(options =>
        {
            Policies.Add(options);
            options.FallbackPolicy = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build();
        });
        return services;
    }

    /// <summary>Puts the pipeline together.</summary>
    public static void MapSafeMedLabelUi(this WebApplication app)
    {
        app.UseExceptionHandler("/error", createScopeForErrors: true);
        app.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true);
        Problems.Use(app);
        // Until it is known who asks, nobody does: what is forgotten below may nothing.
        app.Use(async (http, next) =>
        {
            CurrentActor.Set(null);
            await next(http);
        });
        app.Use(AddSecurityHeaders);
        app.UseStaticFiles(new StaticFileOptions
        {
            RequestPath = "/assets",
            FileProvider = new PhysicalFileProvider(AssetFolder),
            OnPrepareResponse = context => context.Context.Response.Headers.CacheControl = "no-cache",
        });
        app.UseMiddleware<FirstRunMiddleware>();
        app.UseRequestLocalization();
        app.UseAuthentication();
        app.UseAuthorization();
        // Only now: what lets a program in by its key is asked as the key's right is.
        app.Use(async (http, next) =>
        {
            CurrentActor.Set(http.User.FindFirstValue(ClaimTypes.NameIdentifier));
            await next(http);
        });
        app.UseRateLimiter();
        app.UseAntiforgery();
        app.MapStaticAssets().AllowAnonymous();
        // That it answers is all that the first says; none says more than one word, for they are open to everyone.
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false }).AllowAnonymous();
        app.MapHealthChecks("/health/ready").AllowAnonymous();
        HospitalSignOn.Map(app);
        ImageEndpoint.Map(app);
        AttributionEndpoint.Map(app);
        AnswerEndpoint.Map(app);
        PasskeyEndpoint.Map(app);
        UploadEndpoint.Map(app);
        ReportEndpoint.Map(app);
        ExportEndpoint.Map(app);
        AuditEndpoint.Map(app);
        ApiSetup.Map(app);
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode();
    }

    private static Task AddSecurityHeaders(HttpContext context, RequestDelegate next)
    {
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            // MudBlazor sets styles in elements; scripts come from here alone, and in the API's description also with this answer's own mark.
            var marked = context.Items.TryGetValue(ScalarOptions.NonceHttpContextItemKey, out var nonce) ? $"; script-src 'self' 'nonce-{nonce}'" : "";
            headers.ContentSecurityPolicy = $"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'self'; form-action 'self'{marked}";
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "same-origin";
            return Task.CompletedTask;
        });
        return next(context);
    }
}
