using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace SafeMedLabel.Application.Accounts;

/// <summary>A browser that a person is signed in with.</summary>
public sealed class UserSession
{
    /// <summary>Longest <see cref="Browser"/>.</summary>
    public const int MaxBrowser = 60;

    /// <summary>Key, which the browser's cookie carries.</summary>
    public Guid Id { get; set; }

    /// <summary>The person.</summary>
    public required string UserId { get; set; }

    /// <summary>What it calls itself, as 'Firefox on Windows'.</summary>
    public required string Browser { get; set; }

    /// <summary>When the person signed in, UTC.</summary>
    public DateTime CreatedUtc { get; set; }

    /// <summary>When it was seen last, UTC, to the minute.</summary>
    public DateTime LastSeenUtc { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<UserSession>
    {
        public void Configure(EntityTypeBuilder<UserSession> builder)
        {
            builder.Property(s => s.Browser).HasMaxLength(MaxBrowser);
            builder.HasIndex(s => s.UserId);
            builder.HasOne<AppUser>().WithMany().HasForeignKey(s => s.UserId);
        }
    }
}
