using System.Globalization;
using System.Security.Claims;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;

namespace SafeMedLabel.Web.Endpoints;

/// <summary>
/// Takes an archive part by part from the import page's script. How far it is can be asked at any time, so that a connection that breaks costs a part at
/// the most.
/// </summary>
internal static class UploadEndpoint
{
    /// <summary>
    /// Headers of our own script, URI-encoded: not in the address, which ends up in logs, and beyond what a form on another site can
    /// send, so that the cookie alone does not suffice.
    /// </summary>
    private const string NameHeader = "X-SafeMedLabel-Name";

    private const string SizeHeader = "X-SafeMedLabel-Size";

    private const string ModifiedHeader = "X-SafeMedLabel-Modified";

    private const string OffsetHeader = "X-SafeMedLabel-Offset";

    private const string PatternHeader = "X-SafeMedLabel-Pattern";

    private const string SiteHeader = "X-SafeMedLabel-Site";

    /// <summary>There where large pictures are to be cut.</summary>
    private const string PatchHeader = "X-SafeMedLabel-Patch-Size";

    /// <summary>There where it is only to be said what would go in.</summary>
    private const string DryRunHeader = "X-SafeMedLabel-Dry-Run";

    public static void Map(WebApplication app)
    {
        app.MapGet("/projects/{projectId:int}/upload", (int projectId, HttpContext http, UploadService uploads) => FileOf(http, projectId) is { } file ? Number(uploads.Received(file)) : NotOurs)
            .RequireAuthorization(Policies.Administer);
        app.MapPut("/projects/{projectId:int}/upload", async (int projectId, HttpContext http, UploadService uploads, CancellationToken cancellationToken) =>
        {
            if (FileOf(http, projectId) is not { } file || Header(http, OffsetHeader) is not { } offset)
            {
                return NotOurs;
            }

            var appended = await uploads.AppendAsync(file, offset, http.Request.Body, cancellationToken);
            return appended.Succeeded ? Number(appended.Value) : Results.Text(appended.Error, statusCode: StatusCodes.Status409Conflict);
        }).RequireAuthorization(Policies.Administer).DisableAntiforgery();
        app.MapPost("/projects/{projectId:int}/imports", async (int projectId, HttpContext http, UploadService uploads, CancellationToken cancellationToken) =>
        {
            if (FileOf(http, projectId) is not { } file || http.Request.Headers[PatternHeader] is not [{ } pattern])
            {
                return NotOurs;
            }

            var site = Uri.UnescapeDataString(http.Request.Headers[SiteHeader].ToString());
            var started = await uploads.ImportAsync(file, Uri.UnescapeDataString(pattern), site, http.Request.Headers.ContainsKey(DryRunHeader), (int?)Header(http, PatchHeader), cancellationToken);
            return started.Succeeded ? Results.Accepted() : Results.BadRequest(started.Error);
        }).RequireAuthorization(Policies.Administer).DisableAntiforgery();
    }

    private static IResult NotOurs => Results.BadRequest("Uploads come from the import page.");

    private static UploadedFile? FileOf(HttpContext http, int projectId) =>
        http.Request.Headers[NameHeader] is [{ } name] && Header(http, SizeHeader) is { } size && Header(http, ModifiedHeader) is { } modified
            ? new UploadedFile(projectId, http.User.FindFirstValue(ClaimTypes.NameIdentifier)!, Uri.UnescapeDataString(name), size, modified)
            : null;

    private static long? Header(HttpContext http, string name) => long.TryParse(http.Request.Headers[name], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static IResult Number(long number) => Results.Text(number.ToString(CultureInfo.InvariantCulture));
}
