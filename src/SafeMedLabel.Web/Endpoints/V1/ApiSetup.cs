using System.Globalization;
using System.Security.Claims;
using System.Text.Json.Serialization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Server.Kestrel.Core;
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

    /// <summary>How often a person's programs may ask the model.</summary>
    public const string PredictionLimit = "predictions";

    /// <summary>How often a person's browser may send parts of an archive.</summary>
    public const string UploadLimit = "uploads";

    private const string Version = "v1";
    private const string Limit = "api";
    private const string Description = "/api/v1/openapi.json";

    /// <summary>Adds what it needs.</summary>
    public static void Add(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ApiOptions>().Bind(configuration.GetSection(ApiOptions.Section))
            .Validate(api => api.IsValid, "The settings Api:RequestsPerMinute and Api:PredictionsPerMinute lie between 1 and 1000000.").ValidateOnStart();
        services.AddOptions<UploadOptions>().Bind(configuration.GetSection(UploadOptions.Section))
            .Validate(uploads => uploads.IsValid, "The setting Uploads:RequestsPerMinute lies between 1 and 1000000.").ValidateOnStart();
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, ApiKeyAuthentication>(ApiKeyAuthentication.SchemeName, null);
        services.AddProblemDetails();
        services.AddExceptionHandler<Problems>();
        services.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.MaxRequestBodySize = ScriptEndpoint.MaximumBytes);
        // What a type says it has, a request has: nothing is null, missing or twice that the code believes to be there once.
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.Converters.Add(new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false));
            json.SerializerOptions.RespectNullableAnnotations = true;
            json.SerializerOptions.RespectRequiredConstructorParameters = true;
            json.SerializerOptions.AllowDuplicateProperties = false;
        });
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
            limiter.AddPolicy(Limit, http => PerMinute<ApiOptions>(http, ApiKeyAuthentication.KeyClaim, api => api.RequestsPerMinute));
            limiter.AddPolicy(PredictionLimit, http => PerMinute<ApiOptions>(http, ClaimTypes.NameIdentifier, api => api.PredictionsPerMinute));
            limiter.AddPolicy(UploadLimit, http => PerMinute<UploadOptions>(http, ClaimTypes.NameIdentifier, uploads => uploads.RequestsPerMinute));
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

    /// <summary>Maps it, and its description for people who are signed in.</summary>
    public static void Map(WebApplication app)
    {
        var api = app.MapGroup(Root).RequireRateLimiting(Limit).ForScripts().WithGroupName(Version).AddEndpointFilter<RouteGroupBuilder, ApiETag>();
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

    /// <summary>Each value of a claim has so many requests a minute.</summary>
    private static RateLimitPartition<string> PerMinute<TOptions>(HttpContext http, string claim, Func<TOptions, int> requests)
        where TOptions : class => RateLimitPartition.GetTokenBucketLimiter(http.User.FindFirst(claim)?.Value ?? "", _ =>
    {
        var perMinute = requests(http.RequestServices.GetRequiredService<IOptions<TOptions>>().Value);
        return new TokenBucketRateLimiterOptions
        {
            TokenLimit = perMinute,
            TokensPerPeriod = perMinute,
            ReplenishmentPeriod = TimeSpan.FromMinutes(1),
            QueueLimit = 0,
        };
    });
}
