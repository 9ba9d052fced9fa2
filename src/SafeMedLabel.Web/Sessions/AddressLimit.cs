using System.Security.Cryptography;
using System.Text;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;
using SafeMedLabel.Application.Accounts;

namespace SafeMedLabel.Web.Sessions;

/// <summary>How many passwords are taken for one e-mail address, from wherever they come. It knows no accounts, so that it tells nobody of them.</summary>
internal sealed class AddressLimit(IOptions<SignInLimitOptions> options) : IDisposable
{
    private readonly PartitionedRateLimiter<string> _limiter = PartitionedRateLimiter.Create<string, string>(address => RateLimitPartition.GetTokenBucketLimiter(
        // What was typed may be long, or a secret in the wrong field: neither is kept.
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(EmailAddress.KeyOf(address)))),
        _ => SourceLimit.Bucket(options.Value.TriesPerMinute)));

    /// <summary>Counts a try; null where it may be made, else how long to wait.</summary>
    public TimeSpan? Take(string address)
    {
        using var lease = _limiter.AttemptAcquire(address);
        return lease.IsAcquired ? null : SourceLimit.WaitOf(lease);
    }

    /// <inheritdoc />
    public void Dispose() => _limiter.Dispose();
}
