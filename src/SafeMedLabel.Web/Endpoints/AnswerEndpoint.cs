using System.Security.Claims;
using SafeMedLabel.Application;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Web.Model;

namespace SafeMedLabel.Web.Endpoints;

/// <summary>
/// Answers over HTTP, for those that were given when the page's connection had broken: the page's script sends them here before it loads
/// itself anew. A form on another site can send no JSON, so the cookie alone does not suffice.
/// </summary>
internal static class AnswerEndpoint
{
    public static void Map(WebApplication app)
    {
        app.MapPost("/projects/{projectId:int}/answers", async (int projectId, SentAnswer sent, ClaimsPrincipal reader, LabellingService labelling, CancellationToken cancellationToken) =>
            Respond(await labelling.AnswerAsync(sent.By(Key(reader), projectId), cancellationToken)))
            .RequireAuthorization(Policies.Label).ForScripts();
        app.MapPost("/projects/{projectId:int}/grids", async (int projectId, SentGrid sent, ClaimsPrincipal reader, GridService grids, CancellationToken cancellationToken) =>
            Respond(await grids.SubmitAsync(sent.By(Key(reader), projectId), cancellationToken), sent.Confirmed.Count))
            .RequireAuthorization(Policies.Label).ForScripts();
        app.MapPost("/projects/{projectId:int}/revisions", async (int projectId, SentAnswer sent, ClaimsPrincipal reader, SecondLookService secondLooks, CancellationToken cancellationToken) =>
            Respond(await secondLooks.ReviseAsync(sent.By(Key(reader), projectId), cancellationToken)))
            .RequireAuthorization(Policies.Label).ForScripts();
        app.MapPost("/projects/{projectId:int}/decisions", async (int projectId, SentAnswer sent, ClaimsPrincipal lead, AdjudicationService adjudications, CancellationToken cancellationToken) =>
            Respond(sent.IsDecision
                ? await adjudications.DecideAsync(projectId, sent.ImageId, Key(lead), sent.ClassIndex, sent.ClientKey, cancellationToken)
                : Result.Refused("A decision is a class or 'unreadable'.")))
            .RequireAuthorization(Policies.Lead).ForScripts();
    }

    private static string Key(ClaimsPrincipal person) => person.FindFirstValue(ClaimTypes.NameIdentifier)!;

    private static IResult Respond(Result<int> stored, int asked) => stored.Succeeded && stored.Value < asked
        ? Results.Text($"{stored.Value} of {asked} answers were stored; the other images were handed to colleagues meanwhile.")
        : Respond((Result)stored);

    /// <summary>The script drops what is refused, and sends what is postponed again.</summary>
    private static IResult Respond(Result stored) => stored switch
    {
        { Succeeded: true } => Results.NoContent(),
        { IsKeyTaken: true } => Results.Problem(stored.Error, statusCode: StatusCodes.Status422UnprocessableEntity),
        _ => Results.Text(stored.Error, statusCode: stored.IsPostponed ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status409Conflict),
    };
}
