using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Net.Http.Headers;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Exports;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Web.Endpoints.V1;

/// <summary>Projects, their images and what was said of them.</summary>
internal static class ProjectsApi
{
    public static void Map(RouteGroupBuilder root)
    {
        var api = root.MapGroup("").WithTags("Projects");
        api.MapGet("/projects", ListAsync).WithName("ListProjects").WithSummary("List projects").WithDescription("Projects, by key.")
            .RequireAuthorization(ApiKeyAuthentication.Needs(ApiScope.Read));
        api.MapGet("/projects/{projectId:int}", GetAsync).WithName("GetProject").WithSummary("Get a project").WithDescription("A project.")
            .RequireAuthorization(ApiKeyAuthentication.Needs(ApiScope.Read));
        api.MapGet("/projects/{projectId:int}/images", ImagesAsync).WithName("ListImages").WithSummary("List images").WithDescription("A project's images with patient and known class, by content hash. For leads and admins.")
            .RequireAuthorization(ApiKeyAuthentication.Needs(ApiScope.Read, Roles.Lead));
        api.MapGet("/projects/{projectId:int}/images/{imageId:guid}/picture", PictureAsync).WithName("GetPicture").WithSummary("Get a picture").WithDescription("An image's picture, as readers see it, in PNG.")
            .Produces(StatusCodes.Status200OK, contentType: "image/png")
            .RequireAuthorization(ApiKeyAuthentication.Needs(ApiScope.Read));
        api.MapGet("/projects/{projectId:int}/labels", LabelsAsync).WithName("ListLabels").WithSummary("List labels").WithDescription("Everything readers said, the oldest first; append-only, so that asking after the last one gives what is new. For leads and admins.")
            .RequireAuthorization(ApiKeyAuthentication.Needs(ApiScope.Read, Roles.Lead));
    }

    private static async Task<Results<Ok<ApiPage<ApiProject>>, ProblemHttpResult>> ListAsync(
        IDbContextFactory<AppDbContext> contexts, ClaimsPrincipal caller, int? after, int limit = 100, CancellationToken cancellationToken = default)
    {
        if (ApiResults.LimitProblem(limit) is { } problem)
        {
            return problem;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var projects = await Permission.ProjectsOf(db, caller.UserId()).AsNoTracking().Include(p => p.Classes).Where(p => p.Id > (after ?? 0)).OrderBy(p => p.Id).Take(limit + 1).ToListAsync(cancellationToken);
        var active = projects.Select(p => p.ActiveRoundId).OfType<int>().ToList();
        var numbers = await db.Rounds.Where(r => active.Contains(r.Id)).ToDictionaryAsync(r => r.Id, r => r.Number, cancellationToken);
        return TypedResults.Ok(ApiPage<ApiProject>.Of(projects, limit, p => p.Id.ToString(CultureInfo.InvariantCulture), p => Show(p, numbers)));
    }

    private static async Task<Results<Ok<ApiProject>, ProblemHttpResult>> GetAsync(IDbContextFactory<AppDbContext> contexts, int projectId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await db.Projects.AsNoTracking().Include(p => p.Classes).FirstOrDefaultAsync(p => p.Id == projectId, cancellationToken) is not { } project)
        {
            return ApiResults.NotFound("project");
        }

        var numbers = await db.Rounds.Where(r => r.Id == project.ActiveRoundId).ToDictionaryAsync(r => r.Id, r => r.Number, cancellationToken);
        return TypedResults.Ok(Show(project, numbers));
    }

    private static async Task<Results<Ok<ApiPage<ApiImage>>, ProblemHttpResult>> ImagesAsync(
        IDbContextFactory<AppDbContext> contexts, int projectId, DataSplit? split, string? after, int limit = 100, CancellationToken cancellationToken = default)
    {
        if (ApiResults.LimitProblem(limit) is { } problem)
        {
            return problem;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var classes = await ClassesAsync(db, projectId, cancellationToken);
        var last = after ?? "";
        var images = await db.Images.AsNoTracking().Where(i => i.ProjectId == projectId && (split == null || i.Split == split) && i.ContentHash.CompareTo(last) > 0)
            .OrderBy(i => i.ContentHash).Take(limit + 1).ToListAsync(cancellationToken);
        return TypedResults.Ok(ApiPage<ApiImage>.Of(images, limit, i => i.ContentHash, i => new ApiImage(
            i.Id, i.ContentHash, i.Patient, i.Site, i.Split, i.ReferenceClass is { } reference ? classes[reference] : null, i.Width, i.Height)));
    }

    private static async Task<Results<FileContentHttpResult, ProblemHttpResult>> PictureAsync(
        IDbContextFactory<AppDbContext> contexts, ImageService images, ContentMark marks, int projectId, Guid imageId, HttpContext http, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        byte[]? png;
        try
        {
            var isHere = await db.Images.AnyAsync(i => i.Id == imageId && i.ProjectId == projectId, cancellationToken);
            png = isHere ? await images.DisplayAsync(imageId, cancellationToken) : null;
        }
        catch (StoredFileException lost)
        {
            return TypedResults.Problem(lost.Message, statusCode: StatusCodes.Status410Gone);
        }

        if (png is null)
        {
            return ApiResults.NotFound("image");
        }

        // A picture never changes; who has it need not load it again, but nothing between us may keep it.
        http.Response.Headers.CacheControl = "private, no-cache";
        return TypedResults.Bytes(png, "image/png", entityTag: new EntityTagHeaderValue($"\"{marks.Of(png)}\""));
    }

    private static async Task<Results<Ok<ApiPage<ApiLabelEvent>>, ProblemHttpResult>> LabelsAsync(
        IDbContextFactory<AppDbContext> contexts, int projectId, long? after, int limit = 100, CancellationToken cancellationToken = default)
    {
        if (ApiResults.LimitProblem(limit) is { } problem)
        {
            return problem;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var classes = await ClassesAsync(db, projectId, cancellationToken);
        var events = await db.LabelEvents.AsNoTracking().Where(e => e.ProjectId == projectId && e.Id > (after ?? 0)).OrderBy(e => e.Id).Take(limit + 1).ToListAsync(cancellationToken);
        return TypedResults.Ok(ApiPage<ApiLabelEvent>.Of(events, limit, e => e.Id.ToString(CultureInfo.InvariantCulture), e => new ApiLabelEvent(
            e.Id, e.ImageId, ReaderPseudonym.Of(projectId, e.ReaderId), e.Kind, e.ClassIndex is { } said ? classes[said] : null, e.AtUtc, e.ElapsedMilliseconds / 1000.0, e.Aid)));
    }

    private static Task<Dictionary<int, string>> ClassesAsync(AppDbContext db, int projectId, CancellationToken cancellationToken) =>
        db.ProjectClasses.Where(c => c.ProjectId == projectId).ToDictionaryAsync(c => c.Index, c => c.Name, cancellationToken);

    private static ApiProject Show(Project project, Dictionary<int, int> roundNumbers) => new(
        project.Id, project.Name, project.Question, [.. project.Classes.OrderBy(c => c.Index).Select(c => c.Name)], project.IsSynthetic, project.ActiveRoundId is { } active ? roundNumbers[active] : null);
}
