using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Persistence;
using PageRoute = Microsoft.AspNetCore.Components.RouteData;

namespace SafeMedLabel.Web;

/// <summary>
/// Whether somebody has the role that a page or an endpoint asks for: in the project that its address names, itself or by an image or a round of it, or,
/// where the address names nothing of a project, by their account. An address that names a project, round or image which does not exist, or several that
/// are not of one project, lets in nobody but admins: for everyone else what they may not see and what does not exist are the same.
/// </summary>
internal sealed class RoleHandler(IDbContextFactory<AppDbContext> contexts) : AuthorizationHandler<RoleRequirement>
{
    /// <summary>What an address can name of a project.</summary>
    private static readonly Dictionary<string, Func<AppDbContext, string, Task<int?>>> Named = new()
    {
        ["projectId"] = async (db, value) => Number(value) is { } id ? await db.Projects.Where(p => p.Id == id).Select(p => (int?)p.Id).FirstOrDefaultAsync() : null,
        ["roundId"] = async (db, value) => Number(value) is { } id ? await db.Rounds.Where(r => r.Id == id).Select(r => (int?)r.ProjectId).FirstOrDefaultAsync() : null,
        ["imageId"] = async (db, value) => Guid.TryParse(value, out var id) ? await db.Images.Where(i => i.Id == id).Select(i => (int?)i.ProjectId).FirstOrDefaultAsync() : null,
    };

    /// <inheritdoc />
    protected override async Task HandleRequirementAsync(AuthorizationHandlerContext context, RoleRequirement requirement)
    {
        if (context.User.FindFirstValue(ClaimTypes.NameIdentifier) is not { } userId)
        {
            return;
        }

        await using var db = await contexts.CreateDbContextAsync();
        var accountRole = await Permission.RoleOfAccountAsync(db, userId);
        if (Roles.Covers(accountRole == Roles.Admin ? accountRole : await RoleAsync(db, context.Resource, userId, accountRole), requirement.Role))
        {
            context.Succeed(requirement);
        }
    }

    private static async Task<string?> RoleAsync(AppDbContext db, object? resource, string userId, string? accountRole)
    {
        if (resource is int project)
        {
            return await Permission.RoleInAsync(db, project, userId);
        }

        var values = ValuesOf(resource);
        var projects = new HashSet<int?>();
        foreach (var (name, projectOf) in Named)
        {
            if (values.TryGetValue(name, out var value))
            {
                projects.Add(await projectOf(db, Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""));
            }
        }

        return projects.Count == 0 ? accountRole : projects.Count == 1 && projects.Single() is { } only ? await Permission.RoleInAsync(db, only, userId) : null;
    }

    /// <summary>What an address names: of a request, of a page that is opened without one, or nothing where nothing is asked for but a role.</summary>
    private static Dictionary<string, object?> ValuesOf(object? resource) => new(
        resource switch
        {
            null => [],
            HttpContext http => http.Request.RouteValues,
            PageRoute page => page.RouteValues,
            _ => throw new InvalidOperationException($"Nobody knows which project a {resource.GetType()} is of."),
        },
        StringComparer.OrdinalIgnoreCase);

    /// <summary>As the route's constraint and the parameter's binding read it: with sign, white space and leading zeros.</summary>
    private static int? Number(string value) => int.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : null;
}
