using System.Text;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Web.Components.Reports;

namespace SafeMedLabel.Web.Endpoints;

/// <summary>A round's report as one file, to whoever may see the round's page. It can be read and printed where there is no server.</summary>
internal static class ReportEndpoint
{
    private static readonly string[] StyleSheets = ["figures.css", "report.css"];

    public static void Map(WebApplication app) =>
        app.MapGet("/projects/{projectId:int}/rounds/{roundId:int}/report", async (int projectId, int roundId, RoundReportService reports, ILoggerFactory logging, HttpContext http, CancellationToken cancellationToken) =>
        {
            http.Response.Headers.CacheControl = "no-store";
            var found = await reports.ReadAsync(projectId, roundId, cancellationToken);
            return found.Succeeded
                ? Results.File(await RenderAsync(found.Value, http.RequestServices, logging, cancellationToken), "text/html; charset=utf-8", $"round-{found.Value.Round.Number}-report.html")
                : Results.Text(found.Error, statusCode: StatusCodes.Status404NotFound);
        }).RequireAuthorization(Policies.Lead);

    private static async Task<byte[]> RenderAsync(RoundReport report, IServiceProvider services, ILoggerFactory logging, CancellationToken cancellationToken)
    {
        var sheets = await Task.WhenAll(StyleSheets.Select(sheet => File.ReadAllTextAsync(Path.Combine(WebUi.AssetFolder, "css", sheet), cancellationToken)));
        await using var renderer = new HtmlRenderer(services, logging);
        return await renderer.Dispatcher.InvokeAsync(async () =>
        {
            var parameters = ParameterView.FromDictionary(new Dictionary<string, object?>
            {
                [nameof(RoundReportDocument.Report)] = report,
                [nameof(RoundReportDocument.Styles)] = string.Concat(sheets),
            });
            return Encoding.UTF8.GetBytes((await renderer.RenderComponentAsync<RoundReportDocument>(parameters)).ToHtmlString());
        });
    }
}
