using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using SafeMedLabel.Application.Accounts;

namespace SafeMedLabel.Web.Tests.Abuse;

/// <summary>Identity's own hasher, which says how often it verified a password.</summary>
public sealed class CountingHasher(IOptions<PasswordHasherOptions> options, WorkCount work) : PasswordHasher<AppUser>(options)
{
    /// <inheritdoc />
    public override PasswordVerificationResult VerifyHashedPassword(AppUser user, string hashedPassword, string providedPassword)
    {
        work.AddHash();
        return base.VerifyHashedPassword(user, hashedPassword, providedPassword);
    }
}
