using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;

namespace SafeMedLabel.Web.Endpoints;

/// <summary>What programs and the pages' scripts ask: errors are problem details (RFC 9457) rather than pages, and how much may come is limited.</summary>
internal static class ScriptEndpoint
{
    /// <summary>The most bytes of a body in JSON. The largest that a page sends, of a grid, has about one thousand.</summary>
    public const int MaximumJsonBytes = 64 * 1024;

    /// <summary>The most bytes of any other body, as of a form, where nothing else is said.</summary>
    public const int MaximumBytes = 1024 * 1024;

    private static readonly object Mark = new IsAsked();

    /// <summary>Makes it one.</summary>
    /// <param name="endpoints">Endpoints whose cookie does not suffice: they take JSON, or headers, which no form on another site can send.</param>
    /// <param name="maximumBytes">The most bytes of a body.</param>
    public static TBuilder ForScripts<TBuilder>(this TBuilder endpoints, int maximumBytes = MaximumJsonBytes)
        where TBuilder : IEndpointConventionBuilder => endpoints.DisableAntiforgery().WithMetadata(Mark, new RequestSizeLimitAttribute(maximumBytes));

    /// <summary>
    /// Whether a request goes to one, or went to one before it failed; also where it names one but not by its method, or not in its form, for which routing
    /// has endpoints without a route, and where something is sent to an address that is none. A page takes whatever comes, and people only ask for addresses.
    /// </summary>
    public static bool Is(HttpContext http) => (http.Features.Get<IExceptionHandlerFeature>()?.Endpoint ?? http.GetEndpoint()) switch
    {
        null => !http.Request.IsReading(),
        RouteEndpoint endpoint => endpoint.Metadata.GetMetadata<IsAsked>() is not null,
        _ => true,
    };

    private sealed class IsAsked;
}
