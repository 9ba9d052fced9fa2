using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Persistence;
using PageRoute = Microsoft.AspNetCore.Components.RouteData;

namespace SafeMedLabel.Web;

/// <summary>
/// Whether somebody has the role that a page or an endpoint asks for: in the project that its address names, itself or by an image or a round of it.
/// Where it names none, or one that does not exist, the account's own role counts.
/// </summary>
internal sealed class RoleHandler(IDbContextFactory<AppDbContext> contexts) : AuthorizationHandler<RoleRequirement>
{
    /// <inheritdoc />
    protected override async Task HandleRequirementAsync(AuthorizationHandlerContext context, RoleRequirement requirement)
    {
        if (context.User.FindFirstValue(ClaimTypes.NameIdentifier) is { } userId && Roles.Covers(await RoleAsync(context, userId), requirement.Role))
        {
            context.Succeed(requirement);
        }
    }

    private async Task<string?> RoleAsync(AuthorizationHandlerContext context, string userId)
    {
        await using var db = await contexts.CreateDbContextAsync();
        return await ProjectAsync(db, context.Resource) is { } project && await Permission.FindAsync(db, project, userId) is { Exists: true, Role: var role }
            ? role
            : Roles.All.LastOrDefault(context.User.IsInRole);
    }

    private static async Task<int?> ProjectAsync(AppDbContext db, object? resource)
    {
        string? Value(string name) => resource switch
        {
            HttpContext http => http.GetRouteValue(name)?.ToString(),
            PageRoute page => page.RouteValues.FirstOrDefault(v => v.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value?.ToString(),
            _ => null,
        };
        int? Number(string name) => int.TryParse(Value(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

        if ((resource as int? ?? Number("projectId")) is { } named)
        {
            return named;
        }

        if (Number("roundId") is { } round)
        {
            return await db.Rounds.Where(r => r.Id == round).Select(r => (int?)r.ProjectId).FirstOrDefaultAsync();
        }

        return Guid.TryParse(Value("imageId"), out var image) ? await db.Images.Where(i => i.Id == image).Select(i => (int?)i.ProjectId).FirstOrDefaultAsync() : null;
    }
}
