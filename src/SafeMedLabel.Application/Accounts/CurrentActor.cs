namespace SafeMedLabel.Application.Accounts;

/// <summary>
/// On whose behalf the program does what it does now. Whoever lets people in says so (a request, a page's event), and it holds for all that follows
/// from there. Where nobody has said anything the program acts of itself, as the worker and the command line do.
/// </summary>
public static class CurrentActor
{
    private static readonly AsyncLocal<Actor?> Current = new();

    /// <summary>Key of the person's account; null where the program acts of itself, or for somebody who has not signed in.</summary>
    public static string? Id => Current.Value?.PersonId;

    /// <summary>True where the program acts of itself, on nobody's click.</summary>
    public static bool IsProgram => Current.Value is null;

    /// <summary>Says for whom the program acts from here on.</summary>
    /// <param name="personId">Key of the account; null for somebody who has not signed in, and may nothing.</param>
    public static void Set(string? personId) => Current.Value = new Actor(personId);

    private sealed record Actor(string? PersonId);
}
