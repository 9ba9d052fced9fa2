using System.Globalization;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.Net.Http.Headers;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Web.Endpoints.V1;

namespace SafeMedLabel.Web.Endpoints;

/// <summary>What programs and scripts are told where a request fails: a status, one sentence, and when to come again. Never what an exception says.</summary>
internal sealed class Problems : IExceptionHandler
{
    /// <summary>Seconds after which what cannot be done now may be tried again.</summary>
    private const int RetrySeconds = 5;

    /// <summary>Lets errors of the API and of what the pages' scripts ask be problem details rather than pages, and every 503 say when to come again.</summary>
    public static void Use(WebApplication app)
    {
        app.Use(SayWhenToRetry);
        app.UseWhen(
            http => http.Request.Path.StartsWithSegments(ApiSetup.Root, StringComparison.OrdinalIgnoreCase) || ScriptEndpoint.Is(http),
            asked =>
            {
                asked.Use(RefuseOtherCharsets);
                asked.UseExceptionHandler();
                asked.UseStatusCodePages(failed =>
                {
                    // What is no JSON is a request that cannot be understood, as any other.
                    var status = failed.HttpContext.Response.StatusCode;
                    return TellAsync(failed.HttpContext, status == StatusCodes.Status415UnsupportedMediaType ? StatusCodes.Status400BadRequest : status);
                });
            });
    }

    /// <inheritdoc />
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is BadHttpRequestException bad)
        {
            await TellAsync(httpContext, bad.StatusCode);
            return true;
        }

        if (ScriptEndpoint.Is(httpContext) && StorageFailure.Describe(exception) is { } postponed)
        {
            await Results.Problem(postponed, statusCode: StatusCodes.Status503ServiceUnavailable).ExecuteAsync(httpContext);
            return true;
        }

        return false;
    }

    private static Task TellAsync(HttpContext http, int status) => Results.Problem(Sentence(http, status), statusCode: status).ExecuteAsync(http);

    private static string? Sentence(HttpContext http, int status) => status switch
    {
        StatusCodes.Status400BadRequest => "The request cannot be understood: a value in its address, its headers or its JSON is missing, misspelt or out of range.",
        StatusCodes.Status401Unauthorized => "Nobody is signed in, or the key does not count.",
        StatusCodes.Status403Forbidden => "Your role, or the key's scope, does not allow this.",
        StatusCodes.Status404NotFound => "There is nothing here.",
        StatusCodes.Status405MethodNotAllowed => "This address does not answer to this method.",
        StatusCodes.Status413PayloadTooLarge => "The request is larger than this address takes.",
        StatusCodes.Status429TooManyRequests when http.Response.Headers.RetryAfter is [{ } seconds] => $"Too many requests; come again in {seconds} s.",
        StatusCodes.Status429TooManyRequests => "Too many requests; come again later.",
        _ => null,
    };

    /// <summary>JSON is UTF-8 (RFC 8259, 8.1); whoever names another encoding is told before anything reads it.</summary>
    private static Task RefuseOtherCharsets(HttpContext http, RequestDelegate next) =>
        MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type) && type.Charset is { Length: > 0 } charset
            && !HeaderUtilities.RemoveQuotes(charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase)
            ? TellAsync(http, StatusCodes.Status400BadRequest)
            : next(http);

    private static Task SayWhenToRetry(HttpContext http, RequestDelegate next)
    {
        // What watches the program asks for its health in its own time.
        if (!http.Request.Path.StartsWithSegments("/health", StringComparison.OrdinalIgnoreCase))
        {
            http.Response.OnStarting(() =>
            {
                if (http.Response is { StatusCode: StatusCodes.Status503ServiceUnavailable, Headers.RetryAfter.Count: 0 })
                {
                    http.Response.Headers.RetryAfter = RetrySeconds.ToString(CultureInfo.InvariantCulture);
                }

                return Task.CompletedTask;
            });
        }

        return next(http);
    }
}
