using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Imaging;

namespace SafeMedLabel.Web.Endpoints;

/// <summary>Images and the tiles of large ones over HTTP, to whoever may read the queue. Never kept by the browser: they are patients' data.</summary>
internal static class ImageEndpoint
{
    public static void Map(WebApplication app)
    {
        var images = app.MapGroup("/images/{imageId:guid}").RequireAuthorization(Policies.Label).AddEndpointFilter(async (context, next) =>
        {
            context.HttpContext.Response.Headers.CacheControl = "no-store";
            try
            {
                return await next(context);
            }
            catch (StoredFileException lost)
            {
                return Results.Text(lost.Message, statusCode: StatusCodes.Status410Gone);
            }
        });
        images.MapGet("", async (Guid imageId, ImageService service, CancellationToken cancellationToken) =>
            Picture(await service.DisplayAsync(imageId, cancellationToken)));
        images.MapGet("/tiles", async (Guid imageId, ImageService service, CancellationToken cancellationToken) =>
            await service.PyramidAsync(imageId, cancellationToken) is { } pyramid ? Results.Ok(pyramid) : Results.NotFound());
        images.MapGet("/tiles/{level:int}/{column:int}/{row:int}", async (Guid imageId, int level, int column, int row, ImageService service, CancellationToken cancellationToken) =>
            Picture(await service.TileAsync(imageId, level, column, row, cancellationToken)));
    }

    private static IResult Picture(byte[]? png) => png is null ? Results.NotFound() : Results.Bytes(png, "image/png");
}
