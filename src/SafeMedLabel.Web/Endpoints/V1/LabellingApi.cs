using System.ComponentModel;
using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Labelling;

namespace SafeMedLabel.Web.Endpoints.V1;

/// <summary>The queue, for programs that show images to their owner: it is the same queue, with the same leases, as the page's.</summary>
internal static class LabellingApi
{
    public static void Map(RouteGroupBuilder root)
    {
        var api = root.MapGroup("").WithTags("Queue");
        api.MapPost("/projects/{projectId:int}/next", NextAsync).WithName("TakeNext").WithSummary("Take the next images").WithDescription("The images that the caller holds and the next for them, which they then hold. Asking again gives the same.")
            .RequireAuthorization(ApiKeyAuthentication.Needs(ApiScope.Label));
        api.MapPost("/projects/{projectId:int}/labels", AnswerAsync).WithName("Answer").WithSummary("Answer")
            .WithDescription("Stores an answer for an image that the caller holds. The header 'Idempotency-Key', a UUID made once for each answer, makes it safe to send again.")
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status422UnprocessableEntity).ProducesProblem(StatusCodes.Status503ServiceUnavailable)
            .RequireAuthorization(ApiKeyAuthentication.Needs(ApiScope.Label));
    }

    private static async Task<Results<Ok<ApiQueue>, ProblemHttpResult>> NextAsync(
        LabellingService labelling, ProjectService projects, ClaimsPrincipal caller, int projectId, int count = 1, CancellationToken cancellationToken = default)
    {
        if (count is < 1 or > LabellingService.MaximumLeases)
        {
            return ApiResults.Invalid($"'count' is 1 to {LabellingService.MaximumLeases}.");
        }

        if (await projects.GetAsync(projectId, cancellationToken) is null)
        {
            return ApiResults.NotFound("project");
        }

        var queue = await labelling.OpenAsync(projectId, caller.UserId(), count, cancellationToken);
        return TypedResults.Ok(new ApiQueue(queue.State, queue.Images, queue.NextFreeUtc));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> AnswerAsync(
        LabellingService labelling, ProjectService projects, ClaimsPrincipal caller, int projectId, ApiAnswer answer,
        [FromHeader(Name = IdempotencyKey.Header), Description(IdempotencyKey.Description)] string? key, CancellationToken cancellationToken)
    {
        if (!IdempotencyKey.TryRead(key, out var read))
        {
            return ApiResults.Invalid(IdempotencyKey.Unfit);
        }

        if (read is not { } clientKey)
        {
            return ApiResults.Invalid("The header 'Idempotency-Key' is missing: a UUID, made once for each answer.");
        }

        if (await projects.GetAsync(projectId, cancellationToken) is not { } project)
        {
            return ApiResults.NotFound("project");
        }

        if (answer.Seconds is not (>= 0 and <= 86_400))
        {
            return ApiResults.Invalid("'seconds' is 0 to 86400.");
        }

        var index = project.Classes.Find(c => c.Name == answer.Class)?.Index;
        if (answer.Kind == AnswerKind.Label && index is null)
        {
            return ApiResults.Invalid($"A label names one of the classes {string.Join(", ", project.Classes.OrderBy(c => c.Index).Select(c => $"'{c.Name}'"))}.");
        }

        var stored = await labelling.AnswerAsync(
            new AnswerRequest(projectId, answer.Image, caller.UserId(), answer.Kind, answer.Kind == AnswerKind.Label ? index : null, (int)(answer.Seconds * 1000), clientKey) { TimeCounts = true },
            cancellationToken);
        return stored.Succeeded ? TypedResults.NoContent() : ApiResults.Refused(stored);
    }
}
