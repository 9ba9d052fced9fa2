using System.Text.RegularExpressions;

namespace SafeMedLabel.Web.Tests.Abuse;

/// <summary>A person's authenticator app and recovery codes, set up by the pages.</summary>
/// <param name="Server">Where.</param>
/// <param name="Name">Whose.</param>
/// <param name="Key">The key that the app keeps.</param>
/// <param name="Recovery">The recovery codes.</param>
internal sealed partial record SecondFactor(TestServer Server, string Name, string Key, IReadOnlyList<string> Recovery)
{
    /// <summary>What the app shows, some steps of half a minute from now.</summary>
    public string Code(int steps = 0) => AuthenticatorApp.Code(Key, Server.Time.GetUtcNow().AddSeconds(30 * steps));

    /// <summary>Switches it on, and goes on to the step after the one whose code did so.</summary>
    public static async Task<SecondFactor> SwitchOnAsync(TestServer server, string name)
    {
        using var browser = await server.BrowserAsync(name);
        var begun = await TestServer.PostFormAsync(browser, "/account/two-factor", "begin", ("Start.Password", TestServer.Password));
        var key = AuthenticatorKey().Match(await begun.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Groups[1].Value;
        var made = new SecondFactor(server, name, key, []);
        var page = await TestServer.PostFormAsync(browser, "/account/two-factor", "enable", ("Input.Code", made.Code()));
        var recovery = RecoveryCode().Matches(await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Select(m => m.Groups[1].Value);
        server.Time.Advance(TimeSpan.FromSeconds(60));
        return made with { Recovery = [.. recovery] };
    }

    /// <summary>A browser that has given the right password and is asked for a code.</summary>
    public async Task<HttpClient> BeginAsync()
    {
        var browser = await Server.BrowserAsync();
        Assert.True(await TestServer.SignInAsync(browser, Name, TestServer.Password));
        return browser;
    }

    /// <summary>Gives a code; returns whether it let the browser in.</summary>
    public static async Task<bool> LetsInAsync(HttpClient browser, string code)
    {
        var answer = await TestServer.PostFormAsync(browser, "/login/code", "code", ("Input.Code", code));
        return answer.Headers.Location is not null && (await browser.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken)).IsSuccessStatusCode;
    }

    [GeneratedRegex("data-testid=\"authenticator-key\">([^<]+)<")]
    private static partial Regex AuthenticatorKey();

    [GeneratedRegex("<li><code>([^<]+)</code></li>")]
    private static partial Regex RecoveryCode();
}
