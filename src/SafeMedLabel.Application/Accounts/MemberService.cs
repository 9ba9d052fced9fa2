using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Accounts;

/// <summary>Who sees a project and what they may do in it.</summary>
public sealed class MemberService(IDbContextFactory<AppDbContext> contexts)
{
    /// <summary>The roles that can be given in a project.</summary>
    public static IReadOnlyList<string> GivenRoles { get; } = [Roles.Pathologist, Roles.Lead];

    /// <summary>Everyone who may sign in, by name.</summary>
    public async Task<IReadOnlyList<MemberView>> ListAsync(int projectId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await ListAsync(db, projectId, cancellationToken);
    }

    /// <summary>Gives a person a role in a project, or takes it away. Who no longer leads it is signed out everywhere, within a minute.</summary>
    /// <param name="projectId">The project.</param>
    /// <param name="userId">The person.</param>
    /// <param name="role">One of <see cref="GivenRoles"/>; null takes it away.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Result> SetAsync(int projectId, string userId, string? role, CancellationToken cancellationToken = default)
    {
        if (role is not null && !GivenRoles.Contains(role))
        {
            return Result.Refused("There is no such role in a project.");
        }

        return await ChangeAsync(
            projectId,
            async (db, _) =>
            {
                if (!await db.Users.AnyAsync(u => u.Id == userId, cancellationToken))
                {
                    return Result.Refused("This account no longer exists.");
                }

                await GiveAsync(db, projectId, userId, role, cancellationToken);
                return Result.Done;
            },
            cancellationToken);
    }

    /// <summary>
    /// Shows a project only to those who were given a role in it, or to everyone again. Who closes it keeps leading it; who no longer leads it is
    /// signed out everywhere, within a minute.
    /// </summary>
    /// <param name="projectId">The project.</param>
    /// <param name="isClosed">Whether it is to be closed.</param>
    /// <param name="userId">Who wants it so.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<Result> SetClosedAsync(int projectId, bool isClosed, string userId, CancellationToken cancellationToken = default) => ChangeAsync(
        projectId,
        async (db, project) =>
        {
            project.IsClosed = isClosed;
            if (isClosed && await Permission.RoleInAsync(db, projectId, userId) == Roles.Lead)
            {
                await GiveAsync(db, projectId, userId, Roles.Lead, cancellationToken);
            }

            return Result.Done;
        },
        cancellationToken);

    /// <summary>Every write is asked for its right at once; what a lead's open page only shows would go on, and so is closed with its session.</summary>
    private Task<Result> ChangeAsync(int projectId, Func<AppDbContext, Project, Task<Result>> change, CancellationToken cancellationToken) => contexts.ChangeAsync(
        async db =>
        {
            if (await ActorRight.InProjectAsync(db, projectId, Roles.Lead) is { Succeeded: false } denied)
            {
                return denied;
            }

            if (await db.Projects.FirstOrDefaultAsync(p => p.Id == projectId, cancellationToken) is not { } project)
            {
                return Result.Refused("This project no longer exists.");
            }

            var before = await ListAsync(db, projectId, cancellationToken);
            if (await change(db, project) is { Succeeded: false } refused)
            {
                return refused;
            }

            await db.SaveChangesAsync(cancellationToken);
            var leads = (await ListAsync(db, projectId, cancellationToken)).Where(m => Roles.Covers(m.Role, Roles.Lead)).Select(m => m.UserId).ToHashSet();
            string[] ended = [.. before.Where(m => Roles.Covers(m.Role, Roles.Lead) && !leads.Contains(m.UserId)).Select(m => m.UserId)];
            (await db.Users.Where(u => ended.Contains(u.Id)).ToListAsync(cancellationToken)).ForEach(user => user.EndSessions());
            return Result.Done;
        },
        cancellationToken);

    private static async Task GiveAsync(AppDbContext db, int projectId, string userId, string? role, CancellationToken cancellationToken)
    {
        switch (await db.ProjectMembers.FirstOrDefaultAsync(m => m.ProjectId == projectId && m.UserId == userId, cancellationToken), role)
        {
            case ({ } known, null):
                db.ProjectMembers.Remove(known);
                break;
            case ({ } known, { } other):
                known.Role = other;
                break;
            case (null, { } first):
                db.ProjectMembers.Add(new ProjectMember
                {
                    ProjectId = projectId,
                    UserId = userId,
                    Role = first,
                });
                break;
        }
    }

    private static async Task<List<MemberView>> ListAsync(AppDbContext db, int projectId, CancellationToken cancellationToken)
    {
        var isClosed = await db.Projects.Where(p => p.Id == projectId).Select(p => p.IsClosed).FirstOrDefaultAsync(cancellationToken);
        var people = await (from user in db.Users
                            join held in db.UserRoles on user.Id equals held.UserId
                            join role in db.Roles on held.RoleId equals role.Id
                            orderby user.DisplayName
                            select new { user.Id, user.DisplayName, user.LockoutEnd, Role = role.Name }).ToListAsync(cancellationToken);
        var given = await db.ProjectMembers.Where(m => m.ProjectId == projectId).ToDictionaryAsync(m => m.UserId, m => m.Role, cancellationToken);
        return [.. from person in people
                   where !AppUser.IsDisabledUntil(person.LockoutEnd)
                   let member = given.GetValueOrDefault(person.Id)
                   select new MemberView(person.Id, person.DisplayName, person.Role!, member, Permission.RoleOf(person.Role, isClosed, member))];
    }
}
