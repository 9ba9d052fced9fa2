namespace SafeMedLabel.Application.Accounts;

/// <summary>What a browser calls itself, in two words that its owner knows it by.</summary>
public static class BrowserName
{
    // In this order: most of them also claim to be those below.
    private static readonly (string Mark, string Name)[] Browsers = [("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];

    private static readonly (string Mark, string Name)[] Systems =
        [("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux")];

    /// <summary>As 'Firefox on Windows'; what is not known is left out.</summary>
    public static string Of(string? userAgent)
    {
        string? Find((string Mark, string Name)[] known) => Array.Find(known, k => userAgent?.Contains(k.Mark, StringComparison.Ordinal) == true).Name;
        return (Find(Browsers), Find(Systems)) switch
        {
            ({ } browser, { } system) => $"{browser} on {system}",
            ({ } browser, null) => browser,
            (null, { } system) => $"A browser on {system}",
            _ => "An unknown browser",
        };
    }
}
