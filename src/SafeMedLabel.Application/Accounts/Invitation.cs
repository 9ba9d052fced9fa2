using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace SafeMedLabel.Application.Accounts;

/// <summary>Lets a person make an account with a password of their own choice, once.</summary>
public sealed class Invitation
{
    /// <summary>Key.</summary>
    public int Id { get; set; }

    /// <summary>Whom it is for.</summary>
    public required string Email { get; set; }

    /// <summary>The role that the account gets.</summary>
    public required string Role { get; set; }

    /// <summary>SHA-256 of the secret in its link.</summary>
    public required byte[] Hash { get; set; }

    /// <summary>Who invites.</summary>
    public required string InvitedById { get; set; }

    /// <summary>When it was made, UTC.</summary>
    public DateTime CreatedUtc { get; set; }

    /// <summary>Until when it counts, UTC.</summary>
    public DateTime ExpiresUtc { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<Invitation>
    {
        public void Configure(EntityTypeBuilder<Invitation> builder)
        {
            builder.Property(i => i.Email).HasMaxLength(256);
            builder.Property(i => i.Role).HasMaxLength(40);
            builder.HasIndex(i => i.Hash).IsUnique();
            builder.HasIndex(i => i.Email).IsUnique();
            builder.HasOne<AppUser>().WithMany().HasForeignKey(i => i.InvitedById);
        }
    }
}
