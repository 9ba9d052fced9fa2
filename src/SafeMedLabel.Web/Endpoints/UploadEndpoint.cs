using System.Security.Claims;
using Microsoft.AspNetCore.Http.Features;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Web.Endpoints;

/// <summary>Takes an archive as the request's body, straight to disk, and queues its import.</summary>
internal static class UploadEndpoint
{
    /// <summary>
    /// Headers of our own script, URI-encoded: not in the address, which ends up in logs, and beyond what a form on another site can
    /// send, so that the cookie alone does not suffice.
    /// </summary>
    private const string NameHeader = "X-SafeMedLabel-Name";

    private const string PatternHeader = "X-SafeMedLabel-Pattern";

    private const string SiteHeader = "X-SafeMedLabel-Site";

    /// <summary>There where it is only to be said what would go in.</summary>
    private const string DryRunHeader = "X-SafeMedLabel-Dry-Run";

    private const long MaximumBytes = 8L * 1024 * 1024 * 1024;

    public static void Map(WebApplication app) =>
        app.MapPost("/projects/{projectId:int}/imports", async (int projectId, HttpContext http, ImportService imports, StorageOptions storage, CancellationToken cancellationToken) =>
        {
            if (http.Request.Headers[NameHeader] is not [{ } name] || http.Request.Headers[PatternHeader] is not [{ } pattern])
            {
                return Results.BadRequest("Uploads come from the import page.");
            }

            http.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = MaximumBytes;
            Directory.CreateDirectory(storage.UploadFolder);
            // The name that the browser gives is shown, never used as a path.
            var path = Path.Combine(storage.UploadFolder, $"{Guid.NewGuid():n}.zip");
            try
            {
                await using (var file = File.Create(path))
                {
                    await http.Request.Body.CopyToAsync(file, cancellationToken);
                }

                var shown = Uri.UnescapeDataString(name);
                var started = await imports.StartAsync(
                    new ImportRequest(projectId, path, shown.Length > 200 ? shown[..200] : shown, IsUpload: true, Uri.UnescapeDataString(pattern), http.User.FindFirstValue(ClaimTypes.NameIdentifier)!,
                        Uri.UnescapeDataString(http.Request.Headers[SiteHeader].ToString()))
                    {
                        IsDryRun = http.Request.Headers.ContainsKey(DryRunHeader),
                    },
                    cancellationToken);
                if (started.Succeeded)
                {
                    return Results.Accepted();
                }

                File.Delete(path);
                return Results.BadRequest(started.Error);
            }
            catch (Exception interrupted) when (interrupted is OperationCanceledException or IOException or BadHttpRequestException)
            {
                File.Delete(path);
                throw;
            }
        }).RequireAuthorization(Policies.Administer).DisableAntiforgery();
}
