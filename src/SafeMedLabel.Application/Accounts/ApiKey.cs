using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SafeMedLabel.Application.Naming;

namespace SafeMedLabel.Application.Accounts;

/// <summary>A key with which a program acts for a person. The key itself is shown once and kept nowhere: only its hash is.</summary>
public sealed class ApiKey
{
    /// <summary>Longest name.</summary>
    public const int MaxName = 100;

    /// <summary>What can be a <see cref="Name"/>.</summary>
    public static TextRule NameRule { get; } = new("A key's name", MaxName);

    /// <summary>Key of the row.</summary>
    public int Id { get; set; }

    /// <summary>For whom it acts.</summary>
    public required string UserId { get; set; }

    /// <summary>What its owner calls it.</summary>
    public required string Name { get; set; }

    /// <summary>Its first characters, by which its owner knows it again.</summary>
    public required string Prefix { get; set; }

    /// <summary>SHA-256 of the key: it is random and long, so that a slow hash would add nothing.</summary>
    public required byte[] Hash { get; set; }

    /// <summary>What it may do.</summary>
    public ApiScope Scope { get; set; }

    /// <summary>When it was made, UTC.</summary>
    public DateTime CreatedUtc { get; set; }

    /// <summary>Until when it counts, UTC.</summary>
    public DateTime ExpiresUtc { get; set; }

    /// <summary>When it was used last, UTC, to the minute; null before the first time.</summary>
    public DateTime? LastUsedUtc { get; set; }

    /// <summary>When somebody took it back, UTC; null while it counts.</summary>
    public DateTime? RevokedUtc { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<ApiKey>
    {
        public void Configure(EntityTypeBuilder<ApiKey> builder)
        {
            builder.Property(k => k.Name).HasMaxLength(MaxName);
            builder.Property(k => k.Prefix).HasMaxLength(20);
            builder.HasIndex(k => k.Hash).IsUnique();
            builder.HasIndex(k => k.UserId);
            builder.HasOne<AppUser>().WithMany().HasForeignKey(k => k.UserId);
        }
    }
}
