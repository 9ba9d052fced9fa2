using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
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

    /// <summary>Wrong passwords and codes since the last right one; written by <see cref="SignInTries"/> alone.</summary>
    public int WrongTries { get; private set; }

    /// <summary>When a password or code was tried last, UTC; null before the first time. Written by <see cref="SignInTries"/> alone.</summary>
    public DateTime? LastTryUtc { get; private set; }

    /// <summary>
    /// The step of RFC 6238, half minutes since 1970, of the last code of the authenticator app that counted; null before the first. Written by
    /// <see cref="SignInTries"/> alone.
    /// </summary>
    public long? LastCodeStep { get; private set; }

    /// <summary>Whether an account whose lock ends then is disabled: wrong passwords lock for minutes, an admin for ever.</summary>
    internal static bool IsDisabledUntil(DateTimeOffset? lockoutEnd) => lockoutEnd?.Year == DateTimeOffset.MaxValue.Year;

    /// <summary>Ends the person's sessions, once saved and within a minute: cookies are held against this stamp.</summary>
    internal void EndSessions() => (SecurityStamp, ConcurrencyStamp) = (Guid.NewGuid().ToString(), Guid.NewGuid().ToString());

    internal sealed class Configuration : IEntityTypeConfiguration<AppUser>
    {
        public void Configure(EntityTypeBuilder<AppUser> builder)
        {
            // Identity writes the whole row whenever anything of it changes: an old count or step would come back, and let guessers go on.
            builder.Property(u => u.WrongTries).Metadata.SetAfterSaveBehavior(PropertySaveBehavior.Ignore);
            builder.Property(u => u.LastTryUtc).Metadata.SetAfterSaveBehavior(PropertySaveBehavior.Ignore);
            builder.Property(u => u.LastCodeStep).Metadata.SetAfterSaveBehavior(PropertySaveBehavior.Ignore);
        }
    }
}
