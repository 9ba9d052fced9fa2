using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Accounts;

/// <summary>
/// What people may do in a project. An admin may everything. In an open project everyone else has the higher of the account's role and the role given
/// in the project; in a closed one only the latter counts, and who has none does not see it. A disabled account may nothing.
/// </summary>
public static class Permission
{
    private static readonly Func<AppDbContext, int, string, Task<Standing?>> Find = EF.CompileAsyncQuery((AppDbContext db, int projectId, string userId) =>
        (from project in db.Projects
         where project.Id == projectId
         select new Standing(
             project.IsClosed,
             (from held in db.UserRoles join role in db.Roles on held.RoleId equals role.Id where held.UserId == userId select role.Name).FirstOrDefault(),
             db.ProjectMembers.Where(m => m.ProjectId == projectId && m.UserId == userId).Select(m => m.Role).FirstOrDefault(),
             db.Users.Where(u => u.Id == userId).Select(u => u.LockoutEnd).FirstOrDefault())).FirstOrDefault());

    private static readonly Func<AppDbContext, string, Task<Account?>> FindAccount = EF.CompileAsyncQuery((AppDbContext db, string userId) =>
        (from user in db.Users
         join held in db.UserRoles on user.Id equals held.UserId
         join role in db.Roles on held.RoleId equals role.Id
         where user.Id == userId
         select new Account(role.Name, user.LockoutEnd)).FirstOrDefault());

    /// <summary>The role that a person has in a project; null where there is none, or no such project.</summary>
    public static async Task<string?> RoleInAsync(AppDbContext db, int projectId, string userId) => (await FindAsync(db, projectId, userId)).Role;

    /// <summary>Whether there is such a project, and the role that a person has in it.</summary>
    public static async Task<(bool Exists, string? Role)> FindAsync(AppDbContext db, int projectId, string userId) =>
        await Find(db, projectId, userId) is { } standing
            ? (true, AppUser.IsDisabledUntil(standing.LockoutEnd) ? null : RoleOf(standing.AccountRole, standing.IsClosed, standing.MemberRole))
            : (false, null);

    /// <summary>The role that a person's account has; null where it is disabled, or there is none.</summary>
    public static async Task<string?> RoleOfAccountAsync(AppDbContext db, string userId) =>
        await FindAccount(db, userId) is { } account && !AppUser.IsDisabledUntil(account.LockoutEnd) ? account.Role : null;

    /// <summary>Whether somebody may still start what a lead may start: a worker trusts no row blindly.</summary>
    public static async Task<bool> MayLeadAsync(AppDbContext db, int projectId, string userId) => Roles.Covers(await RoleInAsync(db, projectId, userId), Roles.Lead);

    /// <summary>The projects that a person sees.</summary>
    public static IQueryable<Project> ProjectsOf(AppDbContext db, string userId)
    {
        var isAdmin = from held in db.UserRoles join role in db.Roles on held.RoleId equals role.Id where held.UserId == userId && role.Name == Roles.Admin select role;
        return db.Projects.Where(p => !p.IsClosed || isAdmin.Any() || db.ProjectMembers.Any(m => m.ProjectId == p.Id && m.UserId == userId));
    }

    /// <summary>The role in a project of whoever has these.</summary>
    internal static string? RoleOf(string? accountRole, bool isClosed, string? memberRole) => accountRole switch
    {
        null => null,
        Roles.Admin => Roles.Admin,
        _ when isClosed => memberRole,
        _ => Roles.Covers(memberRole, accountRole) ? memberRole : accountRole,
    };

    private sealed record Standing(bool IsClosed, string? AccountRole, string? MemberRole, DateTimeOffset? LockoutEnd);

    private sealed record Account(string? Role, DateTimeOffset? LockoutEnd);
}
