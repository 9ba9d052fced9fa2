using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SafeMedLabel.Application.Exports;

/// <summary>What a reader is called where their name is not to be known.</summary>
public static class ReaderPseudonym
{
    /// <summary>The same for a reader in all exports of a project, and another in another project; an account's key is random, so that nobody finds it by trying.</summary>
    public static string Of(int projectId, string readerId) =>
        $"reader-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{projectId}:{readerId}"))))[..8]}";
}
