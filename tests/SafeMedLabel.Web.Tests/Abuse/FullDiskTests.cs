using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Accounts;

namespace SafeMedLabel.Web.Tests.Abuse;

/// <summary>The account pages while nothing can be stored: each says so, and who is in stays in.</summary>
public sealed class FullDiskTests : IAsyncLifetime
{
    private const string Full = "Nothing can be stored at the moment: the disk is full.";
    private const string ReadOnly = "Nothing can be stored at the moment: the storage can only be read.";

    private readonly TestServer _server = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Every_account_form_says_that_nothing_can_be_stored()
    {
        await _server.AddUserAsync("ada", Roles.Admin);
        await _server.AddUserAsync("pat", Roles.Pathologist);
        var factor = await SecondFactor.SwitchOnAsync(_server, "pat");
        using var stranger = await _server.BrowserAsync();
        using var begun = await factor.BeginAsync();
        using var ada = await _server.BrowserAsync("ada");
        var invitation = await InviteAsync();
        _server.Storage.IsReadOnly = true;

        (HttpClient Browser, string Address, string Form, (string, string)[] Fields)[] forms =
        [
            (stranger, "/login", "login", [("Input.Email", "ada@example.org"), ("Input.Password", TestServer.Password)]),
            (stranger, "/login", "login", [("Input.Email", "ada@example.org"), ("Input.Password", "wrong horse battery")]),
            (stranger, "/login", "login", [("Input.Email", "nobody@example.org"), ("Input.Password", "wrong horse battery")]),
            (stranger, $"/join?code={invitation}", "join", [("Input.DisplayName", "Sam"), ("Input.Password", TestServer.Password), ("Input.Confirm", TestServer.Password)]),
            (begun, "/login/code", "code", [("Input.Code", factor.Code())]),
            (begun, "/login/code", "code", [("Input.Code", factor.Recovery[0])]),
            (ada, "/account/two-factor", "begin", [("Start.Password", TestServer.Password)]),
            (ada, "/account/password", "password", [("Input.Old", TestServer.Password), ("Input.New", "another horse battery"), ("Input.Confirm", "another horse battery")]),
        ];
        foreach (var (browser, address, form, fields) in forms)
        {
            var answer = await TestServer.PostFormAsync(browser, address, form, fields);
            Assert.Equal((address, HttpStatusCode.ServiceUnavailable), (address, answer.StatusCode));
            Assert.NotNull(answer.Headers.RetryAfter);
            var page = await answer.Content.ReadAsStringAsync(Cancellation);
            Assert.Contains(ReadOnly, page, StringComparison.Ordinal);
            Assert.DoesNotContain("Something went wrong", page, StringComparison.Ordinal);
        }

        var passkey = await ada.PostAsJsonAsync(new Uri("/account/passkeys/options", UriKind.Relative), new { password = TestServer.Password }, Cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, passkey.StatusCode);
        Assert.Contains(ReadOnly, await passkey.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);

        _server.Storage.IsReadOnly = false;
        Assert.True(await TestServer.SignInAsync(stranger, "ada", TestServer.Password));
        Assert.True(await SecondFactor.LetsInAsync(begun, factor.Code()));
    }

    [Fact]
    public async Task On_a_full_disk_a_sign_in_is_answered_until_nothing_more_fits_and_then_by_the_reason()
    {
        _server.Settings["SignIn:TriesPerMinute"] = "1000";
        await _server.AddUserAsync("ada", Roles.Admin);
        _server.Storage.IsFull = true;
        // Each keeps a session and an entry of the trail.
        for (var i = 0; i < 150; i++)
        {
            using var browser = await _server.BrowserAsync();
            var answer = await TestServer.PostFormAsync(browser, "/login", "login", ("Input.Email", "ada@example.org"), ("Input.Password", TestServer.Password));
            if (answer.StatusCode != HttpStatusCode.Redirect)
            {
                Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
                Assert.Contains(Full, await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
                return;
            }
        }

        Assert.Fail("More was stored than fits.");
    }

    [Fact]
    public async Task Set_up_says_that_nothing_can_be_stored()
    {
        using var first = await _server.BrowserAsync();
        await first.GetStringAsync(new Uri("/setup", UriKind.Relative), Cancellation);
        _server.Storage.IsReadOnly = true;

        var answer = await TestServer.PostFormAsync(
            first, "/setup", "setup", ("Input.DisplayName", "Ada"), ("Input.Email", "ada@example.org"), ("Input.Password", TestServer.Password), ("Input.Confirm", TestServer.Password));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains(ReadOnly, await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_is_in_stays_in_and_can_leave()
    {
        await _server.AddUserAsync("ada", Roles.Admin);
        using var ada = await _server.BrowserAsync("ada");
        _server.Storage.IsReadOnly = true;
        _server.Time.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal(HttpStatusCode.OK, (await ada.GetAsync(new Uri("/", UriKind.Relative), Cancellation)).StatusCode);
        await TestServer.PostFormAsync(ada, "/account/signed-out", "sign-out");
        Assert.Equal(HttpStatusCode.Redirect, (await ada.GetAsync(new Uri("/", UriKind.Relative), Cancellation)).StatusCode);
    }

    private async Task<string> InviteAsync()
    {
        await using var scope = _server.Services.CreateAsyncScope();
        return (await scope.ServiceProvider.GetRequiredService<InvitationService>().InviteAsync("sam@example.org", Roles.Lead, await _server.UserIdAsync("ada"), Cancellation)).Value!;
    }
}
