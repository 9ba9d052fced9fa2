using SafeMedLabel.Web.Endpoints.V1;

namespace SafeMedLabel.Web;

/// <summary>
/// Takes nothing that a page of another site sends in the name of whoever is signed in here, and opens no connection to it. Browsers say in the header 'Origin' which
/// site a page is of; they send no cookies to the API, which is left out.
/// </summary>
internal static class SameOrigin
{
    private const string Connection = "/_blazor";

    /// <summary>Refuses what comes from elsewhere.</summary>
    public static Task RefuseOthersAsync(HttpContext http, RequestDelegate next)
    {
        var request = http.Request;
        var reads = request.IsReading() || HttpMethods.IsOptions(request.Method);
        return (!reads || request.Path.StartsWithSegments(Connection, StringComparison.OrdinalIgnoreCase))
            && !request.Path.StartsWithSegments(ApiSetup.Root, StringComparison.OrdinalIgnoreCase) && IsForeign(request)
            ? Results.Text(
                "This was sent by a page of another site and is not taken. Where it was not, the proxy does not pass the header 'Host': docs/installation.md says how it does.",
                statusCode: StatusCodes.Status403Forbidden).ExecuteAsync(http)
            : next(http);
    }

    /// <summary>Compared with the name that the browser asked for. Whether it asked by TLS is known only where the proxy says so.</summary>
    private static bool IsForeign(HttpRequest request) => request.Headers.Origin.Count > 0
        && !(Uri.TryCreate(request.Headers.Origin.ToString(), UriKind.Absolute, out var origin)
            && (origin.Scheme == Uri.UriSchemeHttps || (origin.Scheme == Uri.UriSchemeHttp && !request.IsHttps))
            && origin.Host.Equals(request.Host.Host, StringComparison.OrdinalIgnoreCase)
            && origin.Port == (request.Host.Port ?? (origin.Scheme == Uri.UriSchemeHttps ? 443 : 80)));
}
