namespace SafeMedLabel.Application.Accounts;

/// <summary>
/// On whose behalf the program does what it does now. Whoever lets people in says so (a request, a page's event), and it holds for all that follows
/// from there; null in the worker and on the command line, which act on nobody's click.
/// </summary>
public static class CurrentActor
{
    private static readonly AsyncLocal<string?> Actor = new();

    /// <summary>Key of the person's account.</summary>
    public static string? Id
    {
        get => Actor.Value;
        set => Actor.Value = value;
    }
}
