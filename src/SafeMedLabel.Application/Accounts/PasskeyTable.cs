using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace SafeMedLabel.Application.Accounts;

/// <summary>
/// Where passkeys are kept: the table of version 3 of Identity's schema. It stands here because Identity takes the version from a host's
/// services, and contexts are made by several hosts. No key of it lets anybody in: the other half never leaves its device.
/// </summary>
internal sealed class PasskeyTable : IEntityTypeConfiguration<IdentityUserPasskey<string>>
{
    /// <summary>The longest name of a passkey that WebAuthn allows, in bytes.</summary>
    private const int MaxCredentialId = 1024;

    public void Configure(EntityTypeBuilder<IdentityUserPasskey<string>> builder)
    {
        builder.ToTable("AspNetUserPasskeys");
        builder.HasKey(p => p.CredentialId);
        builder.Property(p => p.CredentialId).HasMaxLength(MaxCredentialId);
        builder.HasOne<AppUser>().WithMany().HasForeignKey(p => p.UserId).IsRequired();
        builder.OwnsOne(p => p.Data).ToJson();
    }
}
