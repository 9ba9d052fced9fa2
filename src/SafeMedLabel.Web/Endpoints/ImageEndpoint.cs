using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Imaging;

namespace SafeMedLabel.Web.Endpoints;

/// <summary>Images over HTTP, to whoever may read the queue. Never kept by the browser: they are patients' data.</summary>
internal static class ImageEndpoint
{
    public static void Map(WebApplication app) =>
        app.MapGet("/images/{imageId:guid}", async (Guid imageId, ImageService images, HttpContext http, CancellationToken cancellationToken) =>
        {
            http.Response.Headers.CacheControl = "no-store";
            return await images.DisplayAsync(imageId, cancellationToken) is { } png ? Results.Bytes(png, "image/png") : Results.NotFound();
        }).RequireAuthorization(Policies.Label);
}
