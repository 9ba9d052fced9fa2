using Microsoft.AspNetCore.Identity;

namespace SafeMedLabel.Application.Accounts;

/// <summary>Identity's rules for passwords, and that none is endless (OWASP ASVS 4.0.3, 2.1.2).</summary>
public sealed class PasswordRule(IdentityErrorDescriber errors) : PasswordValidator<AppUser>(errors)
{
    /// <summary>Fewest characters (OWASP ASVS 4.0.3, 2.1.1).</summary>
    public const int Min = 12;

    /// <summary>Most characters.</summary>
    public const int Max = 128;

    /// <inheritdoc />
    public override Task<IdentityResult> ValidateAsync(UserManager<AppUser> manager, AppUser user, string? password) => password?.Length > Max
        ? Task.FromResult(IdentityResult.Failed(new IdentityError { Code = "PasswordTooLong", Description = $"Passwords have at most {Max} characters." }))
        : base.ValidateAsync(manager, user, password);
}
