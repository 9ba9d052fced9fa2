using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Identity;

namespace SafeMedLabel.Application.Accounts;

/// <summary>By what Identity finds accounts, which sign in by their addresses, and roles.</summary>
internal sealed class AddressNormalizer : ILookupNormalizer
{
    /// <inheritdoc />
    [return: NotNullIfNotNull(nameof(name))]
    public string? NormalizeName(string? name) => name is null ? null : EmailAddress.KeyOf(name);

    /// <inheritdoc />
    [return: NotNullIfNotNull(nameof(email))]
    public string? NormalizeEmail(string? email) => NormalizeName(email);
}
