using System.Net;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Auditing;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Web.Tests;

/// <summary>Signing in with a code beside the password, over the real server.</summary>
public sealed partial class TwoFactorTests : IAsyncLifetime
{
    private readonly TestServer _server = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _server.AddUserAsync("ada", Roles.Admin);
        await _server.AddUserAsync("pat", Roles.Pathologist);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(20000000000, "353130")]
    public void The_phone_of_these_tests_shows_what_RFC_6238_has(long seconds, string code) =>
        Assert.Equal(code, AuthenticatorApp.Code("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", DateTimeOffset.FromUnixTimeSeconds(seconds)));

    [Fact]
    public async Task Who_switched_it_on_gets_in_by_password_and_code_and_by_neither_alone()
    {
        var (key, _) = await SwitchOnAsync();
        using var browser = await _server.BrowserAsync();

        var password = await PasswordAsync(browser);
        Assert.Contains("/login/code", password.Headers.Location?.OriginalString, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Redirect, (await GetAsync(browser, "/")).StatusCode);

        var wrong = await CodeAsync(browser, Code(key) == "000000" ? "000001" : "000000");
        Assert.Contains("This is not the code.", await wrong.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Redirect, (await GetAsync(browser, "/")).StatusCode);

        Assert.Equal(HttpStatusCode.Redirect, (await CodeAsync(browser, Code(key).Insert(3, " "))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(browser, "/")).StatusCode);
        using var stranger = await _server.BrowserAsync();
        Assert.Contains("Please begin with your password.", await stranger.GetStringAsync(new Uri("/login/code", UriKind.Relative), Cancellation), StringComparison.Ordinal);
        await _server.Services.GetRequiredService<RefusedSignIns>().WriteAsync(all: true, Cancellation);
        var entries = await _server.Services.GetRequiredService<AuditTrail>().ListAsync(new AuditFilter(), cancellationToken: Cancellation);
        Assert.Equal([AuditAction.SignInRefused, AuditAction.SignedIn, AuditAction.AccountChanged], entries.Take(3).Select(e => e.Action));
    }

    [Fact]
    public async Task A_recovery_code_lets_in_once_and_wrong_codes_lock_the_account()
    {
        var (key, recovery) = await SwitchOnAsync();
        Assert.Equal(10, recovery.Count);
        using (var first = await _server.BrowserAsync())
        {
            await PasswordAsync(first);
            Assert.Equal(HttpStatusCode.Redirect, (await CodeAsync(first, recovery[0])).StatusCode);
        }

        using var second = await _server.BrowserAsync();
        await PasswordAsync(second);
        Assert.Equal(HttpStatusCode.OK, (await CodeAsync(second, recovery[0])).StatusCode);
        var wrong = Code(key) == "000000" ? "000001" : "000000";
        for (var i = 0; i < 8; i++)
        {
            await CodeAsync(second, wrong);
        }

        using var third = await _server.BrowserAsync();
        Assert.Contains("After eight wrong passwords in a row you must wait five minutes.", await (await PasswordAsync(third)).Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Contains("This account is locked", await (await CodeAsync(second, recovery[1])).Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_switched_off_by_its_owner_with_the_password_or_by_an_admin()
    {
        await SwitchOnAsync();
        await using (var scope = _server.Services.CreateAsyncScope())
        {
            Assert.Null((await scope.ServiceProvider.GetRequiredService<AccountService>().RemoveSecondFactorAsync(await _server.UserIdAsync("pat"))).Error);
        }

        using var browser = await _server.BrowserAsync("pat");
        var key = await KeyAsync(browser);
        await TestServer.PostFormAsync(browser, "/account/two-factor", "enable", ("Input.Code", Code(key)));
        var refused = await TestServer.PostFormAsync(browser, "/account/two-factor", "change", ("Proof.Password", "wrong horse battery"), ("Proof.Wanted", "Off"));
        Assert.Contains("This is not your password.", await refused.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Contains("/login/code", (await PasswordAsync(await _server.BrowserAsync())).Headers.Location?.OriginalString, StringComparison.Ordinal);

        await TestServer.PostFormAsync(browser, "/account/two-factor", "change", ("Proof.Password", TestServer.Password), ("Proof.Wanted", "Off"));
        using var again = await _server.BrowserAsync("pat");
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(again, "/")).StatusCode);
        Assert.NotEqual(key, await KeyAsync(again));
    }

    [Fact]
    public async Task Who_does_not_know_the_password_neither_switches_it_on_in_an_open_session_nor_changes_anything_by_looking()
    {
        using var browser = await _server.BrowserAsync("pat");
        var before = await StampAsync();

        Assert.Equal(HttpStatusCode.OK, (await GetAsync(browser, "/account/two-factor")).StatusCode);
        Assert.Equal("", await KeyAsync(browser, "wrong horse battery"));
        Assert.Equal(before, await StampAsync());

        // What the app was told to show before is no key any more, once it is begun anew.
        var (first, second) = (await KeyAsync(browser), await KeyAsync(browser));
        var page = await (await TestServer.PostFormAsync(browser, "/account/two-factor", "enable", ("Input.Code", Code(first)))).Content.ReadAsStringAsync(Cancellation);
        Assert.Contains("This is not the code", page, StringComparison.Ordinal);
        Assert.DoesNotContain("authenticator-key", page, StringComparison.Ordinal);
        page = await (await TestServer.PostFormAsync(browser, "/account/two-factor", "enable", ("Input.Code", Code(second)))).Content.ReadAsStringAsync(Cancellation);
        Assert.Contains("Signing in takes a code", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Neither_the_key_nor_a_recovery_code_can_be_read_in_the_database()
    {
        var (key, recovery) = await SwitchOnAsync();

        await using var db = await _server.Services.GetRequiredService<IDbContextFactory<AppDbContext>>().CreateDbContextAsync(Cancellation);
        var kept = await db.UserTokens.Select(t => t.Value!).ToListAsync(Cancellation);

        Assert.Equal(2, kept.Count);
        Assert.DoesNotContain(kept, value => value.Contains(key.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal) || value.Contains(recovery[0], StringComparison.Ordinal));
    }

    private async Task<string?> StampAsync()
    {
        await using var db = await _server.Services.GetRequiredService<IDbContextFactory<AppDbContext>>().CreateDbContextAsync(Cancellation);
        return await db.Users.Where(u => u.Email == "pat@example.org").Select(u => u.SecurityStamp).SingleAsync(Cancellation);
    }

    private async Task<(string Key, List<string> Recovery)> SwitchOnAsync()
    {
        using var browser = await _server.BrowserAsync("pat");
        var key = await KeyAsync(browser);
        var page = await (await TestServer.PostFormAsync(browser, "/account/two-factor", "enable", ("Input.Code", Code(key)))).Content.ReadAsStringAsync(Cancellation);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(browser, "/")).StatusCode);
        NextStep();
        return (key, [.. RecoveryCode().Matches(page).Select(m => m.Groups[1].Value)]);
    }

    private static async Task<string> KeyAsync(HttpClient browser, string password = TestServer.Password) => AuthenticatorKey()
        .Match(await (await TestServer.PostFormAsync(browser, "/account/two-factor", "begin", ("Start.Password", password))).Content.ReadAsStringAsync(Cancellation)).Groups[1].Value;

    private string Code(string key) => AuthenticatorApp.Code(key, _server.Time.GetUtcNow());

    /// <summary>A code counts once: the phone must show another one.</summary>
    private void NextStep() => _server.Time.Advance(TimeSpan.FromSeconds(30));

    private static Task<HttpResponseMessage> PasswordAsync(HttpClient browser) =>
        TestServer.PostFormAsync(browser, "/login", "login", ("Input.Email", "pat@example.org"), ("Input.Password", TestServer.Password));

    private static Task<HttpResponseMessage> CodeAsync(HttpClient browser, string code) => TestServer.PostFormAsync(browser, "/login/code", "code", ("Input.Code", code));

    private static Task<HttpResponseMessage> GetAsync(HttpClient browser, string address) => browser.GetAsync(new Uri(address, UriKind.Relative), Cancellation);

    [GeneratedRegex("data-testid=\"authenticator-key\">([^<]+)<")]
    private static partial Regex AuthenticatorKey();

    [GeneratedRegex("<li><code>([^<]+)</code></li>")]
    private static partial Regex RecoveryCode();
}
