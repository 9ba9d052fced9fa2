using System.Text.Json;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using SafeMedLabel.Application.Imaging;

namespace SafeMedLabel.Web.Endpoints.V1;

/// <summary>Gives what is read a mark of its content, so that who has it already is told so instead of being sent it again.</summary>
internal sealed class ApiETag(IOptions<JsonOptions> json, ContentMark marks) : IEndpointFilter
{
    /// <inheritdoc />
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var result = await next(context);
        if (!HttpMethods.IsGet(context.HttpContext.Request.Method) || (result as INestedHttpResult)?.Result is not { } inner
            || inner is not (IStatusCodeHttpResult { StatusCode: StatusCodes.Status200OK } and IValueHttpResult { Value: { } value }))
        {
            return result;
        }

        var body = JsonSerializer.SerializeToUtf8Bytes(value, json.Value.SerializerOptions);
        context.HttpContext.Response.Headers.CacheControl = "private, no-cache";
        return TypedResults.Bytes(body, "application/json; charset=utf-8", entityTag: new EntityTagHeaderValue($"\"{marks.Of(body)}\""));
    }
}
