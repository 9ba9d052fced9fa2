using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Exports;

namespace SafeMedLabel.Web.Endpoints;

/// <summary>The file of an export, to whoever may see the page of exports. A download that broke off can be taken up again.</summary>
internal static class ExportEndpoint
{
    public static void Map(WebApplication app) =>
        app.MapGet("/projects/{projectId:int}/exports/{exportId:int}", async (int projectId, int exportId, ExportService exports, HttpContext http, CancellationToken cancellationToken) =>
        {
            http.Response.Headers.CacheControl = "no-store";
            var found = await exports.TakeAsync(projectId, exportId, cancellationToken);
            return found.Succeeded
                ? Results.File(found.Value.Path, "application/octet-stream", found.Value.Name, enableRangeProcessing: true)
                : Results.Text(found.Error, statusCode: StatusCodes.Status404NotFound);
        }).RequireAuthorization(Policies.Administer);
}
