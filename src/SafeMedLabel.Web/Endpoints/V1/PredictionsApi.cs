using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Predictions;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Web.Predictions;

namespace SafeMedLabel.Web.Endpoints.V1;

/// <summary>The active model, for programs that act on what it says.</summary>
internal static class PredictionsApi
{
    // For leads: a reader who could ask the model would not read blind.
    public static void Map(RouteGroupBuilder root) =>
        root.MapPost("/projects/{projectId:int}/predictions", PredictAsync).WithTags("Predictions").WithName("Predict").WithSummary("Classify an image")
            .WithDescription("Asks the project's active model about an image file, which is not kept. 'Accept' means that the certificate stands behind the answer; everything else is for an expert. For leads and admins.")
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity).ProducesProblem(StatusCodes.Status503ServiceUnavailable)
            .RequireRateLimiting(ApiSetup.PredictionLimit).RequireAuthorization(ApiKeyAuthentication.Needs(ApiScope.Predict, Roles.Lead));

    private static async Task<Results<Ok<ApiPrediction>, ProblemHttpResult>> PredictAsync(
        PredictionService predictions, PromotionService promotions, ProjectService projects, IOptions<PredictorOptions> options, HttpContext http, int projectId, Stream image, CancellationToken cancellationToken)
    {
        http.Response.Headers.CacheControl = "no-store";
        if (await projects.GetAsync(projectId, cancellationToken) is null)
        {
            return ApiResults.NotFound("project");
        }

        if (await promotions.ActiveAsync(projectId, cancellationToken) is not { } standing)
        {
            return TypedResults.Problem("This project has no active model: no round has passed the gate, and nobody has signed for one.", statusCode: StatusCodes.Status409Conflict);
        }

        http.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = options.Value.MaximumMegabytes * 1024L * 1024;
        if (await ReadAsync(image, cancellationToken) is not { } file)
        {
            return TypedResults.Problem($"The image is larger than {options.Value.MaximumMegabytes} MB.", statusCode: StatusCodes.Status413PayloadTooLarge);
        }

        if (file.Length == 0)
        {
            return ApiResults.Invalid("The request holds no image: its body is the file.");
        }

        var predicted = await predictions.PredictAsync(standing, file, cancellationToken);
        return predicted switch
        {
            { Succeeded: true } => TypedResults.Ok(Show(predicted.Value, standing)),
            { IsPostponed: true } => ApiResults.Refused((Application.Result)predicted),
            _ => TypedResults.Problem(predicted.Error, statusCode: StatusCodes.Status422UnprocessableEntity),
        };
    }

    /// <summary>The file; null where it is too large.</summary>
    private static async Task<ReadOnlyMemory<byte>?> ReadAsync(Stream body, CancellationToken cancellationToken)
    {
        using var memory = new MemoryStream();
        try
        {
            await body.CopyToAsync(memory, cancellationToken);
            return memory.ToArray();
        }
        catch (BadHttpRequestException tooLarge) when (tooLarge.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return null;
        }
    }

    private static ApiPrediction Show(Prediction prediction, ModelStanding standing) => new(
        prediction.Class,
        prediction.Probability,
        prediction.Reading.Classes.Zip(prediction.Reading.Probabilities).ToDictionary(p => p.First, p => p.Second),
        prediction.Reading.Uncertainty,
        prediction.Decision,
        ApiCertificate.Of(standing.Promise),
        new ApiModel(standing.Active.Number, standing.Active.Method, standing.Active.FinishedUtc, standing.Override is not null));
}
