using System.Net;
using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Auditing;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Web.Tests.Abuse;

/// <summary>Whichever way somebody comes, one gate decides, and what was guessed wrongly is counted.</summary>
public sealed class OneGateTests : IAsyncLifetime
{
    private const string Wrong = "wrong horse battery";

    /// <summary>So many wrong tries, and none is taken for five minutes.</summary>
    private const int Tries = 8;

    private readonly TestServer _server = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _server.AddUserAsync("ada", Roles.Admin);
        await _server.AddUserAsync("pat", Roles.Pathologist);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_person_who_is_disabled_between_password_and_code_comes_in_by_no_code(bool byTheAdminsPage)
    {
        var factor = await SecondFactor.SwitchOnAsync(_server, "pat");
        using var first = await factor.BeginAsync();
        using var second = await factor.BeginAsync();
        await DisableAsync(byTheAdminsPage);

        Assert.False(await SecondFactor.LetsInAsync(first, factor.Recovery[0]));
        Assert.False(await SecondFactor.LetsInAsync(second, factor.Code()));
        Assert.Equal(1, await SessionsAsync());
    }

    [Fact]
    public async Task A_code_counts_only_for_the_password_that_it_was_asked_for_with()
    {
        var factor = await SecondFactor.SwitchOnAsync(_server, "pat");
        using var thief = await factor.BeginAsync();
        await using (var scope = _server.Services.CreateAsyncScope())
        {
            Assert.Null((await scope.ServiceProvider.GetRequiredService<AccountService>().ResetPasswordAsync(await _server.UserIdAsync("pat"), "another horse battery")).Error);
        }

        Assert.False(await SecondFactor.LetsInAsync(thief, factor.Recovery[0]));
        Assert.False(await SecondFactor.LetsInAsync(thief, factor.Code()));
    }

    [Fact]
    public async Task A_disabled_person_comes_in_neither_by_password_nor_by_a_device_that_is_not_asked_again()
    {
        var factor = await SecondFactor.SwitchOnAsync(_server, "pat");
        using var device = await factor.BeginAsync();
        Assert.NotNull((await TestServer.PostFormAsync(device, "/login/code", "code", ("Input.Code", factor.Code()), ("Input.RemembersDevice", "true"))).Headers.Location);
        await TestServer.PostFormAsync(device, "/account/signed-out", "sign-out");
        Assert.True(await TestServer.SignInAsync(device, "pat", TestServer.Password));
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(device)).StatusCode);
        await TestServer.PostFormAsync(device, "/account/signed-out", "sign-out");
        await DisableAsync(byTheAdminsPage: false);

        Assert.False(await TestServer.SignInAsync(device, "pat", TestServer.Password));
        Assert.Equal(HttpStatusCode.Redirect, (await GetAsync(device)).StatusCode);
    }

    [Fact]
    public async Task A_session_of_a_disabled_person_is_dead_at_its_next_check_whatever_the_stamp_says()
    {
        using var browser = await _server.BrowserAsync("pat");
        await DisableAsync(byTheAdminsPage: false);
        var sessions = _server.Services.GetRequiredService<SessionService>();
        var (pat, session) = (await _server.UserIdAsync("pat"), await SessionAsync());

        Assert.False(await sessions.SeeAsync(pat, session, Cancellation));
        _server.Time.Advance(TimeSpan.FromSeconds(61));
        Assert.Contains("/login", (await GetAsync(browser)).Headers.Location?.OriginalString, StringComparison.Ordinal);
        Assert.Equal(0, await SessionsAsync());
    }

    [Fact]
    public async Task Wrong_passwords_of_strangers_sign_nobody_out()
    {
        using var browser = await _server.BrowserAsync("pat");
        await LockAsync();
        _server.Time.Advance(TimeSpan.FromSeconds(61));

        Assert.Equal(HttpStatusCode.OK, (await GetAsync(browser)).StatusCode);
    }

    [Fact]
    public async Task Wrong_recovery_codes_count_as_wrong_passwords_do()
    {
        var factor = await SecondFactor.SwitchOnAsync(_server, "pat");
        using var browser = await factor.BeginAsync();
        for (var i = 0; i < Tries; i++)
        {
            Assert.False(await SecondFactor.LetsInAsync(browser, $"BCDFG-HJKM{i}"));
        }

        Assert.False(await SecondFactor.LetsInAsync(browser, factor.Recovery[0]));
        Assert.False(await SecondFactor.LetsInAsync(browser, factor.Code()));
        using (var other = await _server.BrowserAsync())
        {
            Assert.False(await TestServer.SignInAsync(other, "pat", TestServer.Password));
        }

        _server.Time.Advance(TimeSpan.FromMinutes(5));
        using var later = await factor.BeginAsync();
        Assert.True(await SecondFactor.LetsInAsync(later, factor.Recovery[0]));
        await _server.Services.GetRequiredService<RefusedSignIns>().WriteAsync(all: true, Cancellation);
        var entries = await _server.Services.GetRequiredService<AuditTrail>().ListAsync(new AuditFilter { Action = AuditAction.SignInRefused }, cancellationToken: Cancellation);
        Assert.Equal(("account of pat", $$"""{"Times":{{Tries + 3}}}"""), (Assert.Single(entries).Subject, entries[0].After));
    }

    [Fact]
    public async Task Wrong_passwords_at_once_count_as_many()
    {
        using var browser = await _server.BrowserAsync();
        await Task.WhenAll(Enumerable.Range(0, 2 * Tries).Select(async _ =>
        {
            using var guesser = await _server.BrowserAsync();
            Assert.False(await TestServer.SignInAsync(guesser, "pat", Wrong));
        }));

        Assert.False(await TestServer.SignInAsync(browser, "pat", TestServer.Password));
        _server.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.True(await TestServer.SignInAsync(browser, "pat", TestServer.Password));
    }

    [Fact]
    public async Task A_recovery_code_sent_many_times_at_once_lets_in_once()
    {
        var factor = await SecondFactor.SwitchOnAsync(_server, "pat");
        var browsers = new List<HttpClient>();
        for (var i = 0; i < 4; i++)
        {
            browsers.Add(await factor.BeginAsync());
        }

        var letIn = await Task.WhenAll(browsers.Select(browser => SecondFactor.LetsInAsync(browser, factor.Recovery[0])));

        Assert.Single(letIn, isIn => isIn);
    }

    [Fact]
    public async Task Guesses_of_the_present_password_on_a_page_that_was_left_open_are_counted()
    {
        using var open = await _server.BrowserAsync("pat");
        for (var i = 0; i < Tries; i++)
        {
            var refused = await ChangeAsync(open, Wrong);
            Assert.Contains("This is not your password.", refused, StringComparison.Ordinal);
        }

        Assert.Contains("Too many wrong passwords", await ChangeAsync(open, TestServer.Password), StringComparison.Ordinal);
        var passkey = await open.PostAsJsonAsync(new Uri("/account/passkeys/options", UriKind.Relative), new { password = TestServer.Password }, Cancellation);
        Assert.Equal(HttpStatusCode.Conflict, passkey.StatusCode);
        _server.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.Contains("The password is changed.", await ChangeAsync(open, TestServer.Password), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(open)).StatusCode);
    }

    private static Task<string> ChangeAsync(HttpClient browser, string password) => TextAsync(TestServer.PostFormAsync(
        browser, "/account/password", "password", ("Input.Old", password), ("Input.New", "another horse battery"), ("Input.Confirm", "another horse battery")));

    private static async Task<string> TextAsync(Task<HttpResponseMessage> answer) => await (await answer).Content.ReadAsStringAsync(Cancellation);

    private static Task<HttpResponseMessage> GetAsync(HttpClient browser) => browser.GetAsync(new Uri("/", UriKind.Relative), Cancellation);

    private async Task LockAsync()
    {
        using var stranger = await _server.BrowserAsync();
        for (var i = 0; i < Tries; i++)
        {
            Assert.False(await TestServer.SignInAsync(stranger, "pat", Wrong));
        }

        Assert.False(await TestServer.SignInAsync(stranger, "pat", TestServer.Password));
    }

    /// <summary>By the admin's page, which ends sessions of itself, or by the mark in the database alone.</summary>
    private async Task DisableAsync(bool byTheAdminsPage)
    {
        var pat = await _server.UserIdAsync("pat");
        if (byTheAdminsPage)
        {
            await using var scope = _server.Services.CreateAsyncScope();
            Assert.Null((await scope.ServiceProvider.GetRequiredService<AccountService>().SetDisabledAsync(pat, disabled: true)).Error);
            return;
        }

        await using var db = Open();
        Assert.Equal(1, await db.Users.Where(u => u.Id == pat).ExecuteUpdateAsync(set => set.SetProperty(u => u.LockoutEnd, DateTimeOffset.MaxValue), Cancellation));
    }

    private async Task<Guid> SessionAsync()
    {
        await using var db = Open();
        return await db.UserSessions.Select(s => s.Id).SingleAsync(Cancellation);
    }

    private async Task<int> SessionsAsync()
    {
        await using var db = Open();
        return await db.UserSessions.CountAsync(Cancellation);
    }

    private AppDbContext Open() => _server.Services.GetRequiredService<IDbContextFactory<AppDbContext>>().CreateDbContext();
}
