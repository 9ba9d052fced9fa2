using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Auditing;

namespace SafeMedLabel.Web.Endpoints;

/// <summary>The audit trail, or what a filter leaves of it, as a table.</summary>
internal static class AuditEndpoint
{
    public static void Map(WebApplication app) =>
        app.MapGet("/admin/audit/table", (int? project, string? person, AuditAction? action, DateOnly? from, DateOnly? until, AuditTrail trail, HttpContext http) =>
        {
            http.Response.Headers.CacheControl = "no-store";
            var filter = AuditFilter.OfDays(project, person, action, from, until);
            return Results.Stream(stream => trail.WriteAsync(filter, stream, http.RequestAborted), "text/csv; charset=utf-8", "audit-trail.csv");
        }).RequireAuthorization(Policies.Administer).ForScripts();
}
