using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using SafeMedLabel.Application;

namespace SafeMedLabel.Web.Endpoints.V1;

/// <summary>Answers of the API.</summary>
internal static class ApiResults
{
    /// <summary>There is nothing of this kind; whoever may not know whether there is, is told the same.</summary>
    public static ProblemHttpResult NotFound(string what) => TypedResults.Problem($"There is no such {what}.", statusCode: StatusCodes.Status404NotFound);

    /// <summary>A refusal, with the sentence that a page would show; 503 where it can be tried again later, 422 where the request's key is another's.</summary>
    public static ProblemHttpResult Refused(Result refused) => TypedResults.Problem(refused.Error, statusCode: refused switch
    {
        { IsPostponed: true } => StatusCodes.Status503ServiceUnavailable,
        { IsKeyTaken: true } => StatusCodes.Status422UnprocessableEntity,
        _ => StatusCodes.Status409Conflict,
    });

    /// <summary>A request that cannot be understood.</summary>
    public static ProblemHttpResult Invalid(string sentence) => TypedResults.Problem(sentence, statusCode: StatusCodes.Status400BadRequest);

    /// <summary>What is wrong with the size of a part; null where nothing is.</summary>
    public static ProblemHttpResult? LimitProblem(int limit) => limit is >= 1 and <= ApiPage<object>.MaximumLimit ? null : Invalid($"'limit' is 1 to {ApiPage<object>.MaximumLimit}.");

    /// <summary>Key of the caller's account.</summary>
    public static string UserId(this ClaimsPrincipal caller) => caller.FindFirstValue(ClaimTypes.NameIdentifier)!;
}
