using System.Globalization;
using System.Security.Claims;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Web.Endpoints.V1;

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

    private const string KeyHeader = "X-SafeMedLabel-Key";

    /// <summary>The most bytes of a part; the script sends 8 MiB.</summary>
    private const int MaximumPartBytes = 32 * 1024 * 1024;

    public static void Map(WebApplication app)
    {
        var uploads = app.MapGroup("/projects/{projectId:int}").RequireAuthorization(Policies.Administer).RequireRateLimiting(ApiSetup.UploadLimit).ForScripts(MaximumPartBytes);
        uploads.MapGet("/upload", (int projectId, HttpContext http, UploadService service) => FileOf(http, projectId) is { } file ? Number(service.Received(file)) : NotOurs);
        uploads.MapPut("/upload", async (int projectId, HttpContext http, UploadService service, CancellationToken cancellationToken) =>
        {
            if (FileOf(http, projectId) is not { } file || Header(http, OffsetHeader) is not { } offset)
            {
                return NotOurs;
            }

            var appended = await service.AppendAsync(file, offset, http.Request.Body, cancellationToken);
            return appended.Succeeded ? Number(appended.Value) : Results.Text(appended.Error, statusCode: StatusCodes.Status409Conflict);
        });
        uploads.MapPost("/imports", async (int projectId, HttpContext http, UploadService service, CancellationToken cancellationToken) =>
        {
            if (FileOf(http, projectId) is not { } file || http.Request.Headers[PatternHeader] is not [{ } pattern]
                || !Given<int>(http, PatchHeader, out var patchSize) || !Given<Guid>(http, KeyHeader, out var key))
            {
                return NotOurs;
            }

            var site = Uri.UnescapeDataString(http.Request.Headers[SiteHeader].ToString());
            var started = await service.ImportAsync(file, Uri.UnescapeDataString(pattern), site, http.Request.Headers.ContainsKey(DryRunHeader), patchSize, key, cancellationToken);
            return started switch
            {
                { Succeeded: true } => Results.Accepted(),
                { IsKeyTaken: true } => Results.Problem(started.Error, statusCode: StatusCodes.Status422UnprocessableEntity),
                _ => Results.BadRequest(started.Error),
            };
        });
    }

    private static IResult NotOurs => Results.BadRequest("Uploads come from the import page.");

    private static UploadedFile? FileOf(HttpContext http, int projectId) =>
        http.Request.Headers[NameHeader] is [{ } name] && Header(http, SizeHeader) is { } size && Header(http, ModifiedHeader) is { } modified
            ? new UploadedFile(projectId, http.User.FindFirstValue(ClaimTypes.NameIdentifier)!, Uri.UnescapeDataString(name), size, modified)
            : null;

    /// <summary>Reads a header that need not be there; false where it is there and is no such value.</summary>
    private static bool Given<T>(HttpContext http, string name, out T? value)
        where T : struct, IParsable<T>
    {
        var isRead = T.TryParse(http.Request.Headers[name], CultureInfo.InvariantCulture, out var read);
        value = isRead ? read : null;
        return isRead || !http.Request.Headers.ContainsKey(name);
    }

    private static long? Header(HttpContext http, string name) => long.TryParse(http.Request.Headers[name], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static IResult Number(long number) => Results.Text(number.ToString(CultureInfo.InvariantCulture));
}
