using Microsoft.AspNetCore.Identity;

namespace SafeMedLabel.Application.Accounts;

/// <summary>A person who signs in. The user name is the e-mail address.</summary>
public sealed class AppUser : IdentityUser
{
    /// <summary>The name shown to colleagues.</summary>
    public string DisplayName { get; set; } = "";

    /// <summary>When the account was made, UTC.</summary>
    public DateTime CreatedUtc { get; set; }
}
