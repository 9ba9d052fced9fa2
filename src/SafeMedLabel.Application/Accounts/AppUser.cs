using Microsoft.AspNetCore.Identity;
using SafeMedLabel.Application.Naming;

namespace SafeMedLabel.Application.Accounts;

/// <summary>A person who signs in. The user name is the e-mail address.</summary>
public sealed class AppUser : IdentityUser
{
    /// <summary>What can be a <see cref="DisplayName"/>.</summary>
    public static TextRule Name { get; } = new("A person's name", 100);

    /// <summary>The name shown to colleagues.</summary>
    public string DisplayName { get; set; } = "";

    /// <summary>When the account was made, UTC.</summary>
    public DateTime CreatedUtc { get; set; }

    /// <summary>Whether an account whose lock ends then is disabled: wrong passwords lock for minutes, an admin for ever.</summary>
    internal static bool IsDisabledUntil(DateTimeOffset? lockoutEnd) => lockoutEnd?.Year == DateTimeOffset.MaxValue.Year;

    /// <summary>Ends the person's sessions, once saved and within a minute: cookies are held against this stamp.</summary>
    internal void EndSessions() => (SecurityStamp, ConcurrencyStamp) = (Guid.NewGuid().ToString(), Guid.NewGuid().ToString());
}
