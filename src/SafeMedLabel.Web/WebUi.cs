using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.AspNetCore.Components.Server.Circuits;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Options;
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
            .AddTokenProvider<SingleUseCodes>(TokenOptions.DefaultAuthenticatorProvider).AddSignInManager<SessionSignInManager>().AddUserStore<ProtectedUserStore>();
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
            // The pages themselves say where to go on.
            cookie.Events.OnRedirectToReturnUrl = _ => Task.CompletedTask;
            cookie.Events.OnRedirectToLogin = context => Deny(context, StatusCodes.Status401Unauthorized);
            cookie.Events.OnRedirectToAccessDenied = context => Deny(context, StatusCodes.Status403Forbidden);
        });
        // A changed role or password, or somebody who ends them, ends open sessions within a minute.
        services.Configure<SecurityStampValidatorOptions>(options =>
        {
            options.ValidationInterval = TimeSpan.FromMinutes(1);
            options.OnRefreshingPrincipal = SessionClaim.CarryOverAsync;
        });
        services.Configure<CookieAuthenticationOptions>(IdentityConstants.TwoFactorUserIdScheme, PendingCodeCookie.Set);
        HospitalSignOn.Add(services, configuration);
        AddLimits(services, configuration);
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
        app.UseForwardedHeaders();
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandlingPath = "/error",
            CreateScopeForErrors = true,
            StatusCodeSelector = failure => StorageFailure.Describe(failure) is null ? StatusCodes.Status500InternalServerError : StatusCodes.Status503ServiceUnavailable,
        });
        app.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true);
        app.Use((http, next) =>
        {
            // Only to who looks at something: what was sent would be sent to that page, which refuses it for another reason.
            if (!http.Request.IsReading() && http.Features.Get<IStatusCodePagesFeature>() is { } pages)
            {
                pages.Enabled = false;
            }

            return next(http);
        });
        Problems.Use(app);
        // Until it is known who asks, nobody does: what is forgotten below may nothing.
        app.Use(async (http, next) =>
        {
            CurrentActor.Set(null);
            await next(http);
        });
        app.Use(AddSecurityHeaders);
        // No address can be made of another protocol that a proxy says to have been asked by: it is not believed.
        app.Use((http, next) =>
        {
            http.Request.Scheme = http.Request.Scheme is "https" ? "https" : "http";
            return next(http);
        });
        app.UseStaticFiles(new StaticFileOptions
        {
            RequestPath = "/assets",
            FileProvider = new PhysicalFileProvider(AssetFolder),
            OnPrepareResponse = context => context.Context.Response.Headers.CacheControl = "no-cache",
        });
        app.Use(SameOrigin.RefuseOthersAsync);
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

    private static void AddLimits(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<SignInLimitOptions>().Bind(configuration.GetSection(SignInLimitOptions.Section))
            .Validate(signIn => signIn.RequestsPerMinute is >= 1 and <= SignInLimitOptions.Most, "The setting SignIn:RequestsPerMinute lies between 1 and 1000000.")
            .Validate(signIn => signIn.TriesPerMinute is >= 1 and <= SignInLimitOptions.Most, "The setting SignIn:TriesPerMinute lies between 1 and 1000000.").ValidateOnStart();
        services.AddSingleton<AddressLimit>();
        services.Configure<RateLimiterOptions>(limiter =>
        {
            limiter.AddPolicy(SourceLimit.Sent, new SourceLimit(countsAll: false));
            limiter.AddPolicy(SourceLimit.Everything, new SourceLimit(countsAll: true));
        });
        services.AddOptions<ProxyOptions>().Bind(configuration.GetSection(ProxyOptions.Section))
            .Validate(proxy => proxy.IsValid, "The setting Proxy:Addresses lists addresses or networks, as 192.0.2.7 or 10.0.0.0/8, separated by commas.").ValidateOnStart();
        services.AddOptions<ForwardedHeadersOptions>().PostConfigure<IOptions<ProxyOptions>>((headers, proxy) => proxy.Value.Apply(headers));
    }

    /// <summary>Leads a person who looks at something, or fills a page's form in, to where they can sign in; says no to a script.</summary>
    private static Task Deny(RedirectContext<CookieAuthenticationOptions> context, int status)
    {
        if (context.Request.IsReading() || context.HttpContext.GetEndpoint()?.Metadata.GetMetadata<ComponentTypeMetadata>() is not null)
        {
            context.Response.Redirect(context.RedirectUri);
        }
        else
        {
            context.Response.StatusCode = status;
        }

        return Task.CompletedTask;
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
