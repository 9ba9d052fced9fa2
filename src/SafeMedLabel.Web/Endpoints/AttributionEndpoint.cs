using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Monitoring;

namespace SafeMedLabel.Web.Endpoints;

/// <summary>Over HTTP, where in an image a round's model saw its evidence; to whoever may see the round's page.</summary>
internal static class AttributionEndpoint
{
    public static void Map(WebApplication app) =>
        app.MapGet("/rounds/{roundId:int}/attributions/{imageId:guid}", async (int roundId, Guid imageId, SilentFailureService failures, HttpContext http, CancellationToken cancellationToken) =>
        {
            http.Response.Headers.CacheControl = "no-store";
            return await failures.AttributionAsync(roundId, imageId, cancellationToken) is { } png ? Results.Bytes(png, "image/png") : Results.NotFound();
        }).RequireAuthorization(Policies.Lead);
}
