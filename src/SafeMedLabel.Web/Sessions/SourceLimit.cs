using System.Net;
using System.Net.Mime;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;
using SafeMedLabel.Web.Components.Account;

namespace SafeMedLabel.Web.Sessions;

/// <summary>How often one source may send something to the pages that are open to strangers: passwords are slow to verify, and whoever guesses sends many.</summary>
/// <param name="countsAll">Whether reading counts too, as where an address alone does something.</param>
internal sealed class SourceLimit(bool countsAll) : IRateLimiterPolicy<string>
{
    /// <summary>Name of the policy that counts what is sent.</summary>
    public const string Sent = "sign-in";

    /// <summary>Name of the policy that counts what is read, too.</summary>
    public const string Everything = "sign-in-by-address";

    /// <summary>What who comes too often is told.</summary>
    public const string Sentence = "Too many tries came from here; please wait a minute and try again.";

    private const int NetworkBytes = 8;

    /// <inheritdoc />
    public Func<OnRejectedContext, CancellationToken, ValueTask>? OnRejected { get; } = RefuseAsync;

    /// <summary>So many a minute, which may be saved up.</summary>
    public static TokenBucketRateLimiterOptions Bucket(int perMinute) => new()
    {
        TokenLimit = perMinute,
        TokensPerPeriod = perMinute,
        ReplenishmentPeriod = TimeSpan.FromMinutes(1),
        QueueLimit = 0,
    };

    /// <summary>How long who was refused should wait.</summary>
    public static TimeSpan WaitOf(RateLimitLease refused) =>
        refused.TryGetMetadata(MetadataName.RetryAfter, out var wait) && wait > TimeSpan.Zero ? wait : TimeSpan.FromMinutes(1);

    /// <summary>Tells a browser or program to come again later.</summary>
    public static void ComeAgain(HttpResponse response, TimeSpan wait)
    {
        response.StatusCode = StatusCodes.Status429TooManyRequests;
        response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <inheritdoc />
    public RateLimitPartition<string> GetPartition(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        return httpContext.Request.IsReading() && !countsAll
            ? RateLimitPartition.GetNoLimiter("")
            : RateLimitPartition.GetTokenBucketLimiter(
                SourceOf(httpContext.Connection.RemoteIpAddress), _ => Bucket(httpContext.RequestServices.GetRequiredService<IOptions<SignInLimitOptions>>().Value.RequestsPerMinute));
    }

    /// <summary>An address of IPv4, or the network of one of IPv6: whoever has one of those has all of its network.</summary>
    private static string SourceOf(IPAddress? address) => address switch
    {
        null => "unknown",
        { IsIPv4MappedToIPv6: true } => address.MapToIPv4().ToString(),
        { AddressFamily: AddressFamily.InterNetworkV6 } => Convert.ToHexString(address.GetAddressBytes().AsSpan(0, NetworkBytes)),
        _ => address.ToString(),
    };

    private static async ValueTask RefuseAsync(OnRejectedContext refused, CancellationToken cancellationToken)
    {
        var http = refused.HttpContext;
        ComeAgain(http.Response, WaitOf(refused.Lease));
        if (http.Request.Headers.Accept.ToString().Contains(MediaTypeNames.Text.Html, StringComparison.OrdinalIgnoreCase))
        {
            await new RazorComponentResult<TooManyTries> { StatusCode = StatusCodes.Status429TooManyRequests }.ExecuteAsync(http);
        }
        else
        {
            await Results.Text(Sentence, statusCode: StatusCodes.Status429TooManyRequests).ExecuteAsync(http);
        }
    }
}
