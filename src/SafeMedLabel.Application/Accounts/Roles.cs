namespace SafeMedLabel.Application.Accounts;

/// <summary>What a person may do.</summary>
public static class Roles
{
    /// <summary>Labels images.</summary>
    public const string Pathologist = "Pathologist";

    /// <summary>Labels, starts and watches rounds, changes a project's settings.</summary>
    public const string Lead = "Lead";

    /// <summary>All that a lead may, and imports data and manages people.</summary>
    public const string Admin = "Admin";

    /// <summary>All roles, the least powerful first.</summary>
    public static IReadOnlyList<string> All { get; } = [Pathologist, Lead, Admin];

    /// <summary>Whether a role may what another may; none may nothing.</summary>
    public static bool Covers(string? role, string other) => Rank(role) >= Rank(other);

    private static int Rank(string? role) => role switch
    {
        Admin => 3,
        Lead => 2,
        Pathologist => 1,
        _ => 0,
    };
}
