using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SafeMedLabel.Application.Webhooks;

/// <summary>Secrets and signatures as Standard Webhooks 1.0.0 has them (standardwebhooks.com).</summary>
public static class WebhookSignature
{
    private const string Mark = "whsec_";
    private const int SecretBytes = 32;

    /// <summary>A new secret.</summary>
    public static string CreateSecret() => Mark + Convert.ToBase64String(RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>The header <c>webhook-signature</c>: HMAC-SHA256 over message, time and body.</summary>
    /// <param name="secret">As <see cref="CreateSecret"/> makes it.</param>
    /// <param name="messageId">The header <c>webhook-id</c>.</param>
    /// <param name="timestamp">The header <c>webhook-timestamp</c>, seconds since 1970.</param>
    /// <param name="body">The body as it is sent.</param>
    /// <exception cref="FormatException">This is no such secret.</exception>
    public static string Of(string secret, string messageId, long timestamp, string body)
    {
        var key = secret.StartsWith(Mark, StringComparison.Ordinal) ? Convert.FromBase64String(secret[Mark.Length..]) : throw new FormatException($"A webhook's secret begins with '{Mark}'.");
        return "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{messageId}.{timestamp}.{body}"))));
    }
}
