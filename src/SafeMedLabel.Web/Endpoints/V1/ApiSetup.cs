using System.Globalization;
using System.Text.Json.Serialization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;
using SafeMedLabel.Application.Accounts;
using Scalar.AspNetCore;

namespace SafeMedLabel.Web.Endpoints.V1;

/// <summary>The API for programs, <c>/api/v1</c>: who is let in, how often, what it answers, and its description.</summary>
internal static class ApiSetup
{
    /// <summary>Where it lies.</summary>
    public const string Root = "/api/v1";

    private const string Version = "v1";
    private const string Limit = "api";
    private const string Description = "/api/v1/openapi.json";

    /// <summary>Adds what it needs.</summary>
    public static void Add(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ApiOptions>().Bind(configuration.GetSection(ApiOptions.Section))
            .Validate(api => api.IsValid, "The setting Api:RequestsPerMinute lies between 1 and 1000000.").ValidateOnStart();
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, ApiKeyAuthentication>(ApiKeyAuthentication.SchemeName, null);
        services.AddProblemDetails();
        services.ConfigureHttpJsonOptions(json => json.SerializerOptions.Converters.Add(new JsonStringEnumConverter()));
        services.AddRateLimiter(limiter =>
        {
            limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            limiter.OnRejected = (rejected, _) =>
            {
                if (rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait))
                {
                    rejected.HttpContext.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
                }

                return ValueTask.CompletedTask;
            };
            limiter.AddPolicy(Limit, http => RateLimitPartition.GetTokenBucketLimiter(http.User.FindFirst(ApiKeyAuthentication.KeyClaim)?.Value ?? "", _ => Bucket(http)));
        });
        services.AddOpenApi(Version, api =>
        {
            api.ShouldInclude = operation => operation.GroupName == Version;
            api.AddDocumentTransformer((document, _, _) =>
            {
                Describe(document);
                return Task.CompletedTask;
            });
        });
    }

    /// <summary>Lets errors of the API be problem details rather than pages.</summary>
    public static void UseProblems(WebApplication app) => app.UseWhen(
        http => http.Request.Path.StartsWithSegments(Root, StringComparison.Ordinal),
        api =>
        {
            api.UseExceptionHandler();
            api.UseStatusCodePages();
        });

    /// <summary>Maps it, and its description for people who are signed in.</summary>
    public static void Map(WebApplication app)
    {
        var api = app.MapGroup(Root).RequireRateLimiting(Limit).DisableAntiforgery().WithGroupName(Version).AddEndpointFilter<RouteGroupBuilder, ApiETag>();
        ProjectsApi.Map(api);
        LabellingApi.Map(api);
        WorkApi.Map(api);
        PredictionsApi.Map(api);
        api.Map("/{**path}", () => ApiResults.NotFound("address")).ExcludeFromDescription().RequireAuthorization(new AuthorizationPolicyBuilder(ApiKeyAuthentication.SchemeName).RequireAuthenticatedUser().Build());
        app.MapOpenApi(Description).RequireAuthorization(Policies.Label);
        app.MapScalarApiReference("/api", options =>
        {
            options.Title = "SafeMedLabel API";
            options.OpenApiRoutePattern = Description;
            // Nothing is loaded from elsewhere, and nothing sent there.
            options.DefaultFonts = false;
            options.Telemetry = false;
            options.HideClientButton = true;
            options.DynamicNonce = true;
            options.HideDeveloperTools().DisableAgent().DisableMcp();
        }).RequireAuthorization(Policies.Label);
    }

    private static void Describe(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo
        {
            Title = "SafeMedLabel",
            Version = Version,
            Description = "Every request carries a key, made under 'API keys' in the account's menu, as 'Authorization: Bearer sml_…'. It may do what its scopes and its owner's role allow. Errors are problem details (RFC 9457).",
        };
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [ApiKeyAuthentication.SchemeName] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "An API key.",
            },
        };
        document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(ApiKeyAuthentication.SchemeName, document)] = [] }];
    }

    private static TokenBucketRateLimiterOptions Bucket(HttpContext http)
    {
        var perMinute = http.RequestServices.GetRequiredService<IOptions<ApiOptions>>().Value.RequestsPerMinute;
        return new TokenBucketRateLimiterOptions
        {
            TokenLimit = perMinute,
            TokensPerPeriod = perMinute,
            ReplenishmentPeriod = TimeSpan.FromMinutes(1),
            QueueLimit = 0,
        };
    }
}
