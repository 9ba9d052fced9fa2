using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Accounts;

/// <summary>
/// Whether the one on whose behalf the program acts (<see cref="CurrentActor"/>) may do what they ask for. Every method of the application that writes asks
/// this of the database, in the transaction in which it writes where it has one. A page that was opened before a right was taken away thus stops
/// writing at once, and no page can forget to ask. What the program does of itself it may do.
/// </summary>
internal static class ActorRight
{
    /// <summary>What a person is told who may not do what they ask for.</summary>
    public const string Missing = "Nothing was changed: you do not have the right to do this, or no longer. An admin of your site can give it to you.";

    /// <summary>Refuses a person who has not at least a role in a project, in which they also act for nobody but themselves.</summary>
    /// <param name="db">Where the rights are read.</param>
    /// <param name="projectId">The project; where there is none, nobody has a right in it.</param>
    /// <param name="role">One of <see cref="Roles"/>.</param>
    /// <param name="inWhoseName">Key of the account that is to stand in what is written; null where none does.</param>
    public static async Task<Result> InProjectAsync(AppDbContext db, int projectId, string role, string? inWhoseName = null) =>
        CurrentActor.IsProgram || (IsThemselves(inWhoseName) && Roles.Covers(await Permission.RoleInAsync(db, projectId, CurrentActor.Id!), role)) ? Result.Done : Result.Refused(Missing);

    /// <summary>Refuses a person whose account has not at least a role, whatever they may in a project.</summary>
    /// <param name="db">Where the rights are read.</param>
    /// <param name="role">One of <see cref="Roles"/>.</param>
    /// <param name="inWhoseName">Key of the account that is to stand in what is written; null where none does.</param>
    public static async Task<Result> OfAccountAsync(AppDbContext db, string role, string? inWhoseName = null) =>
        CurrentActor.IsProgram || (IsThemselves(inWhoseName) && Roles.Covers(await Permission.RoleOfAccountAsync(db, CurrentActor.Id!), role)) ? Result.Done : Result.Refused(Missing);

    /// <summary>Refuses everybody but the person whose matter it is, while their account is not disabled.</summary>
    public static Task<Result> OwnAsync(AppDbContext db, string userId) => OfAccountAsync(db, Roles.Pathologist, userId);

    private static bool IsThemselves(string? inWhoseName) => CurrentActor.Id is { } person && (inWhoseName ?? person) == person;
}
