using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SafeMedLabel.Application.Datasets;

namespace SafeMedLabel.Application.Accounts;

/// <summary>A role that a person has in one project.</summary>
public sealed class ProjectMember
{
    /// <summary>The project.</summary>
    public int ProjectId { get; set; }

    /// <summary>The person.</summary>
    public required string UserId { get; set; }

    /// <summary><see cref="Roles.Pathologist"/> or <see cref="Roles.Lead"/>.</summary>
    public required string Role { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<ProjectMember>
    {
        public void Configure(EntityTypeBuilder<ProjectMember> builder)
        {
            builder.HasKey(m => new { m.ProjectId, m.UserId });
            builder.Property(m => m.Role).HasMaxLength(40);
            builder.HasOne<Project>().WithMany().HasForeignKey(m => m.ProjectId);
            builder.HasOne<AppUser>().WithMany().HasForeignKey(m => m.UserId);
        }
    }
}
