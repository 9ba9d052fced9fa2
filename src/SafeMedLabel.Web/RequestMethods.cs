namespace SafeMedLabel.Web;

/// <summary>What a request is for.</summary>
internal static class RequestMethods
{
    /// <summary>Whether it only asks to see something (RFC 9110, 9.3.1 and 9.3.2).</summary>
    public static bool IsReading(this HttpRequest request) => HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
}
