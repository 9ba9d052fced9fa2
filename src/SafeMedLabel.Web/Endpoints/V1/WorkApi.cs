using System.ComponentModel;
using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Exports;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Web.Model;

namespace SafeMedLabel.Web.Endpoints.V1;

/// <summary>What the worker does: rounds, imports, exports.</summary>
internal static class WorkApi
{
    public static void Map(RouteGroupBuilder root)
    {
        var (rounds, imports, exports) = (root.MapGroup("").WithTags("Rounds"), root.MapGroup("").WithTags("Imports"), root.MapGroup("").WithTags("Exports"));
        var (read, manage) = (ApiKeyAuthentication.Needs(ApiScope.Read, Roles.Lead), ApiKeyAuthentication.Needs(ApiScope.Manage, Roles.Lead));
        rounds.MapGet("/projects/{projectId:int}/rounds", RoundsAsync).WithName("ListRounds").WithSummary("List rounds").WithDescription("A project's rounds with their numbers, the newest first. For leads and admins.").RequireAuthorization(read);
        rounds.MapPost("/projects/{projectId:int}/rounds", StartRoundAsync).WithName("StartRound").WithSummary("Start a round").WithDescription("Starts a round; refused while one is active. With the header 'Idempotency-Key', sending again starts nothing again. For leads and admins.")
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status422UnprocessableEntity).RequireAuthorization(manage);

        rounds.MapGet("/projects/{projectId:int}/rounds/{number:int}/metrics", MetricsAsync).WithName("GetMetrics").WithSummary("Get a round's metrics").WithDescription("All that was measured of a round's model on the locked test set, with its doubt, and silent failures and coverage over the thresholds. For leads and admins.").RequireAuthorization(read);
        rounds.MapGet("/projects/{projectId:int}/models", ModelsAsync).WithName("ListModels").WithSummary("List models").WithDescription("All models that a project has made, the newest first: whether the gate let them through, how they became the active one, and which certificate may be relied on. For leads and admins.").RequireAuthorization(read);

        var (adminRead, adminManage) = (ApiKeyAuthentication.Needs(ApiScope.Read, Roles.Admin), ApiKeyAuthentication.Needs(ApiScope.Manage, Roles.Admin));
        imports.MapGet("/projects/{projectId:int}/imports", ImportsAsync).WithName("ListImports").WithSummary("List imports").WithDescription("A project's imports, the newest first. For admins.").RequireAuthorization(adminRead);
        imports.MapPost("/projects/{projectId:int}/imports", StartImportAsync).WithName("StartImport").WithSummary("Start an import").WithDescription("Imports a folder, zip or manifest that lies on the server. With the header 'Idempotency-Key', sending again starts nothing again. For admins.")
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status422UnprocessableEntity).RequireAuthorization(adminManage);
        exports.MapGet("/projects/{projectId:int}/exports", ExportsAsync).WithName("ListExports").WithSummary("List exports").WithDescription("A project's exports, the newest first. For admins.").RequireAuthorization(adminRead);
        exports.MapPost("/projects/{projectId:int}/exports", StartExportAsync).WithName("StartExport").WithSummary("Start an export").WithDescription("Exports a project's labels. With the header 'Idempotency-Key', sending again starts nothing again. For admins.")
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status422UnprocessableEntity).RequireAuthorization(adminManage);
        exports.MapGet("/projects/{projectId:int}/exports/{exportId:int}/file", TakeExportAsync).WithName("TakeExport").WithSummary("Take an export's file").WithDescription("The file of a completed export. For admins.")
            .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream").RequireAuthorization(adminRead);
    }

    private static async Task<Results<Ok<ApiPage<ApiRound>>, ProblemHttpResult>> RoundsAsync(ProjectService projects, RoundService rounds, int projectId, CancellationToken cancellationToken) =>
        await projects.GetAsync(projectId, cancellationToken) is { } project
            ? TypedResults.Ok(new ApiPage<ApiRound>([.. (await rounds.ListAsync(projectId, cancellationToken)).Select(r => Show(r, project))], null))
            : ApiResults.NotFound("project");

    private static Task<Results<Accepted<ApiStarted>, ProblemHttpResult>> StartRoundAsync(
        RoundService rounds, ClaimsPrincipal caller, int projectId, [FromHeader(Name = IdempotencyKey.Header), Description(IdempotencyKey.Description)] string? key, CancellationToken cancellationToken) =>
        StartAsync(key, clientKey => rounds.StartAsync(projectId, caller.UserId(), clientKey, cancellationToken), $"/api/v1/projects/{projectId}/rounds");

    private static async Task<Results<Ok<ApiMetrics>, ProblemHttpResult>> MetricsAsync(ProjectService projects, RoundService rounds, int projectId, int number, CancellationToken cancellationToken)
    {
        if (await projects.GetAsync(projectId, cancellationToken) is not { } project || (await rounds.ListAsync(projectId, cancellationToken)).FirstOrDefault(r => r.Number == number) is not { } round)
        {
            return ApiResults.NotFound("round");
        }

        var detail = (await rounds.GetAsync(round.Id, cancellationToken))!;
        return TypedResults.Ok(new ApiMetrics(
            number,
            round.SilentFailureThreshold,
            [.. (round.Measures ?? []).Select(m => new ApiMeasure(m.Measure, project.Classes.Find(c => c.Index == m.ClassIndex)?.Name, m.Value, m.Interval?.Low, m.Interval?.High, m.Count))],
            [.. detail.Thresholds.Select(t => new ApiThreshold(t.Threshold, t.SilentFailureRate, t.Coverage))]));
    }

    private static async Task<Results<Ok<ApiPage<ApiModelState>>, ProblemHttpResult>> ModelsAsync(ProjectService projects, PromotionService promotions, int projectId, CancellationToken cancellationToken) =>
        await projects.GetAsync(projectId, cancellationToken) is null
            ? ApiResults.NotFound("project")
            : TypedResults.Ok(new ApiPage<ApiModelState>([.. (await promotions.HistoryAsync(projectId, cancellationToken)).Select(m => new ApiModelState(
                m.Round.Number, m.Round.Method, m.Round.FinishedUtc, m.IsActive, m.Round.Gate is { } gate ? Web.Model.Show.Name(gate.Verdict) : null,
                ApiCertificate.Of(m.Promise), [.. m.Promotions.Select(p => new ApiPromotion(p.Kind, p.AtUtc, p.Reason))]))], null));

    private static async Task<Results<Ok<ApiPage<ApiImport>>, ProblemHttpResult>> ImportsAsync(ProjectService projects, ImportService imports, int projectId, CancellationToken cancellationToken) =>
        await projects.GetAsync(projectId, cancellationToken) is null
            ? ApiResults.NotFound("project")
            : TypedResults.Ok(new ApiPage<ApiImport>([.. (await imports.ListAsync(projectId, cancellationToken)).Select(i => new ApiImport(
                i.Id, i.State, i.IsDryRun, i.Total, i.Processed, i.Added, i.Duplicates, i.Conflicts, i.Rejected, i.Readings, i.Error))], null));

    private static Task<Results<Accepted<ApiStarted>, ProblemHttpResult>> StartImportAsync(
        ImportService imports, ClaimsPrincipal caller, int projectId, ApiImportRequest wanted, [FromHeader(Name = IdempotencyKey.Header), Description(IdempotencyKey.Description)] string? key, CancellationToken cancellationToken)
    {
        var request = ImportRequest.Of(projectId, wanted.Path, wanted.PatientPattern ?? ImportService.DefaultPatientPattern, caller.UserId(), wanted.Site) with { IsDryRun = wanted.IsDryRun, PatchSize = wanted.PatchSize };
        return StartAsync(key, clientKey => imports.StartAsync(request with { ClientKey = clientKey }, cancellationToken), $"/api/v1/projects/{projectId}/imports");
    }

    private static async Task<Results<Ok<ApiPage<ApiExport>>, ProblemHttpResult>> ExportsAsync(ProjectService projects, ExportService exports, int projectId, CancellationToken cancellationToken) =>
        await projects.GetAsync(projectId, cancellationToken) is null
            ? ApiResults.NotFound("project")
            : TypedResults.Ok(new ApiPage<ApiExport>([.. (await exports.ListAsync(projectId, cancellationToken)).Select(e => new ApiExport(
                e.Id, e.State, e.Format, e.WithPictures, e.Progress, e.Images, e.Readings, e.Bytes, e.Error))], null));

    private static Task<Results<Accepted<ApiStarted>, ProblemHttpResult>> StartExportAsync(
        ExportService exports, ClaimsPrincipal caller, int projectId, ApiExportRequest wanted, [FromHeader(Name = IdempotencyKey.Header), Description(IdempotencyKey.Description)] string? key, CancellationToken cancellationToken)
    {
        var options = new ExportOptions(wanted.Format, wanted.WithPictures, wanted.NamesReaders);
        return StartAsync(key, clientKey => exports.StartAsync(projectId, options, caller.UserId(), clientKey, cancellationToken), $"/api/v1/projects/{projectId}/exports");
    }

    private static async Task<Results<PhysicalFileHttpResult, ProblemHttpResult>> TakeExportAsync(ExportService exports, int projectId, int exportId, HttpContext http, CancellationToken cancellationToken)
    {
        http.Response.Headers.CacheControl = "no-store";
        var found = await exports.TakeAsync(projectId, exportId, cancellationToken);
        return found.Succeeded
            ? TypedResults.PhysicalFile(found.Value.Path, "application/octet-stream", found.Value.Name, enableRangeProcessing: true)
            : TypedResults.Problem(found.Error, statusCode: StatusCodes.Status404NotFound);
    }

    /// <summary>Starts something under the request's key, where it has one.</summary>
    private static async Task<Results<Accepted<ApiStarted>, ProblemHttpResult>> StartAsync(string? key, Func<Guid?, Task<Application.Result<int>>> start, string where)
    {
        if (!IdempotencyKey.TryRead(key, out var clientKey))
        {
            return ApiResults.Invalid(IdempotencyKey.Unfit);
        }

        var started = await start(clientKey);
        return started.Succeeded ? TypedResults.Accepted(where, new ApiStarted(started.Value)) : ApiResults.Refused((Application.Result)started);
    }

    private static ApiRound Show(Round round, Project project) => new(
        round.Number, round.State, round.Method, Web.Model.Show.BeganWith(round), round.LabelCount, round.RequestedUtc, round.FinishedUtc, new ApiProgress(round.Epoch, round.Epochs), round.TestCount,
        Interval(round.Accuracy, round.AccuracyLow, round.AccuracyHigh), round.Auc, round.SilentFailureThreshold, Interval(round.SilentFailureRate, round.SilentFailureLow, round.SilentFailureHigh),
        round.Gate is { } gate ? Web.Model.Show.Name(gate.Verdict) : null, round.Id == project.ActiveRoundId, round.Error);

    private static ApiInterval? Interval(double? value, double? low, double? high) => value is { } measured ? new ApiInterval(measured, low, high) : null;
}
