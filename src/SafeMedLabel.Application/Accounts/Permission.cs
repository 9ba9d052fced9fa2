using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Accounts;

/// <summary>What a person may do by the database, where no signed-in user is at hand.</summary>
internal static class Permission
{
    /// <summary>Whether somebody may still start what a lead may start: a worker trusts no row blindly.</summary>
    public static Task<bool> MayLeadAsync(AppDbContext db, string userId, CancellationToken cancellationToken) =>
        (from membership in db.UserRoles
         join role in db.Roles on membership.RoleId equals role.Id
         where membership.UserId == userId && (role.Name == Roles.Lead || role.Name == Roles.Admin)
         select role).AnyAsync(cancellationToken);
}
