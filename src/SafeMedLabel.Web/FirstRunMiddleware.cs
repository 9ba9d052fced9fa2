using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Web;

/// <summary>While there is no account, every page is the set-up.</summary>
internal sealed class FirstRunMiddleware(RequestDelegate next, IDbContextFactory<AppDbContext> contexts)
{
    private static readonly string[] Open = ["/setup", "/error", "/health", "/_framework", "/_content", "/_blazor"];

    private bool _isSetUp;

    public async Task InvokeAsync(HttpContext context)
    {
        if (!_isSetUp)
        {
            await using var db = await contexts.CreateDbContextAsync(context.RequestAborted);
            _isSetUp = await db.Users.AnyAsync(context.RequestAborted);
            if (!_isSetUp && !Open.Any(path => context.Request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase)))
            {
                context.Response.Redirect("/setup");
                return;
            }
        }

        await next(context);
    }
}
