using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace SafeMedLabel.Application.Accounts;

/// <summary>Secrets that the server hands out once and keeps only the hash of. They are long enough that no salt is needed.</summary>
internal static class SecretToken
{
    private const int Bytes = 32;

    /// <summary>A new one: 43 characters that may stand in an address.</summary>
    public static string Create() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));

    /// <summary>What is kept of one.</summary>
    public static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
