using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Auditing;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Web.Tests;

/// <summary>Signing in by the hospital's own server, over the real server and a real provider on another port.</summary>
public sealed class HospitalSignOnTests : IAsyncLifetime
{
    private readonly TestServer _server = new();
    private SignOnServer _hospital = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _hospital = await SignOnServer.StartAsync();
        _server.Settings["OpenIdConnect:Authority"] = _hospital.Authority;
        _server.Settings["OpenIdConnect:ClientSecret"] = "a secret of both";
        _server.Settings["OpenIdConnect:DisplayName"] = "St. Elsewhere";
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _hospital.DisposeAsync();
    }

    [Fact]
    public async Task A_person_with_a_verified_address_gets_the_account_of_that_address_and_keeps_it_when_the_address_changes()
    {
        await AddPatAsync();
        Vouch("17", "PAT@example.org");
        Assert.Contains("St. Elsewhere", await (await _server.BrowserAsync()).GetStringAsync(new Uri("/login", UriKind.Relative), Cancellation), StringComparison.Ordinal);

        Assert.Equal((HttpStatusCode.OK, "/account/sessions"), await SignInAsync("/account/sessions"));
        Vouch("17", "pat.new@example.org");
        Assert.Equal(HttpStatusCode.OK, (await SignInAsync()).Status);

        await using var db = await Open();
        Assert.Equal((_hospital.Authority, "17", await _server.UserIdAsync("pat")), await db.UserLogins.Select(l => ValueTuple.Create(l.LoginProvider, l.ProviderKey, l.UserId)).SingleAsync(Cancellation));
        Assert.Equal(2, await db.AuditEntries.CountAsync(e => e.Action == AuditAction.SignedIn, Cancellation));
    }

    [Theory]
    [InlineData("pat@example.org", false, "does not vouch for your e-mail address")]
    [InlineData("sam@example.org", true, "You have no account here")]
    [InlineData(null, true, "does not vouch for your e-mail address")]
    public async Task Who_has_no_account_or_no_verified_address_is_told_so_and_not_let_in(string? email, bool isVerified, string sentence)
    {
        await AddPatAsync();
        Vouch("17", email, isVerified);

        var (_, where) = await SignInAsync();

        Assert.Contains(sentence, await (await _server.BrowserAsync()).GetStringAsync(new Uri(where, UriKind.Relative), Cancellation), StringComparison.Ordinal);
        await using var db = await Open();
        Assert.Empty(await db.UserLogins.ToListAsync(Cancellation));
    }

    [Fact]
    public async Task An_account_that_is_disabled_stays_out()
    {
        await AddPatAsync();
        Vouch("17", "pat@example.org");
        await SignInAsync();
        await using (var scope = _server.Services.CreateAsyncScope())
        {
            Assert.Null((await scope.ServiceProvider.GetRequiredService<AccountService>().SetDisabledAsync(await _server.UserIdAsync("pat"), disabled: true)).Error);
        }

        Assert.Equal("/login?problem=Locked", (await SignInAsync()).Where);
        await _server.Services.GetRequiredService<RefusedSignIns>().WriteAsync(all: true, Cancellation);
        await using var db = await Open();
        Assert.Equal(AuditAction.SignInRefused, (await db.AuditEntries.OrderBy(e => e.Id).LastAsync(Cancellation)).Action);
    }

    [Fact]
    public async Task Where_the_settings_say_so_people_get_an_account_with_the_role_named_there()
    {
        _server.Settings["OpenIdConnect:CreateAccounts"] = "true";
        _server.Settings["OpenIdConnect:NewRole"] = "Lead";
        await AddPatAsync();
        Vouch("18", "sam@example.org");

        Assert.Equal(HttpStatusCode.OK, (await SignInAsync()).Status);

        await using var scope = _server.Services.CreateAsyncScope();
        var sam = (await scope.ServiceProvider.GetRequiredService<AccountService>().ListAsync(Cancellation)).Single(a => a.Email == "sam@example.org");
        Assert.Equal(("Person of the hospital", Roles.Lead), (sam.DisplayName, sam.Role));
    }

    [Theory]
    [InlineData("Sam\u202Enimda", "sam@example.org", "sam")]
    [InlineData("Sam", "<script>@example.org", null)]
    public async Task What_the_other_server_says_is_held_to_the_same_rule_as_what_people_enter(string name, string email, string? shown)
    {
        _server.Settings["OpenIdConnect:CreateAccounts"] = "true";
        await AddPatAsync();
        Vouch("18", email);
        _hospital.Person!["name"] = name;

        var (status, where) = await SignInAsync();

        Assert.Equal((HttpStatusCode.OK, shown is null), (status, where.StartsWith("/login?problem=Unknown", StringComparison.Ordinal)));
        await using var db = await Open();
        Assert.Equal(shown, await db.Users.Where(u => u.Email == email).Select(u => u.DisplayName).SingleOrDefaultAsync(Cancellation));
    }

    [Fact]
    public async Task What_is_forged_or_refused_lets_nobody_in_and_the_page_says_so()
    {
        await AddPatAsync();
        Vouch("17", "pat@example.org");
        _hospital.ForgesNonce = true;
        Assert.Equal("/login?problem=Failed", (await SignInAsync()).Where);
        (_hospital.ForgesNonce, _hospital.ForgesSignature) = (false, true);
        Assert.Equal("/login?problem=Failed", (await SignInAsync()).Where);
        (_hospital.ForgesSignature, _hospital.Person) = (false, null);
        Assert.Equal("/login?problem=Failed", (await SignInAsync()).Where);

        using var browser = await _server.BrowserAsync();
        Assert.Contains("St. Elsewhere did not let you in", await browser.GetStringAsync(new Uri("/login?problem=Failed", UriKind.Relative), Cancellation), StringComparison.Ordinal);
        Assert.Equal("/login?problem=Failed", (await browser.GetAsync(new Uri("/signin-oidc?code=1&state=2", UriKind.Relative), Cancellation)).Headers.Location!.OriginalString);
        Assert.Equal("/login?problem=Failed", (await browser.GetAsync(new Uri("/login/external/done", UriKind.Relative), Cancellation)).Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task A_second_factor_is_asked_for_here_too()
    {
        await AddPatAsync();
        await using (var scope = _server.Services.CreateAsyncScope())
        {
            var users = scope.ServiceProvider.GetRequiredService<Microsoft.AspNetCore.Identity.UserManager<AppUser>>();
            var pat = (await users.FindByEmailAsync("pat@example.org"))!;
            await users.ResetAuthenticatorKeyAsync(pat);
            await users.SetTwoFactorEnabledAsync(pat, true);
        }

        Vouch("17", "pat@example.org");

        Assert.StartsWith("/login/code", (await SignInAsync()).Where, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_without_one_offers_none()
    {
        _server.Settings.Remove("OpenIdConnect:Authority");
        await AddPatAsync();
        using var browser = await _server.BrowserAsync("pat");

        Assert.DoesNotContain("external", await browser.GetStringAsync(new Uri("/login", UriKind.Relative), Cancellation), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await browser.GetAsync(new Uri("/login/external", UriKind.Relative), Cancellation)).StatusCode);
    }

    private Task AddPatAsync() => _server.AddUserAsync("pat", Roles.Pathologist);

    private void Vouch(string subject, string? email, bool isVerified = true)
    {
        _hospital.Person = new Dictionary<string, object> { ["sub"] = subject, ["name"] = "Person of the hospital", ["email_verified"] = isVerified };
        if (email is not null)
        {
            _hospital.Person["email"] = email;
        }
    }

    /// <summary>Follows the way to the hospital and back, to where it ends.</summary>
    private async Task<(HttpStatusCode Status, string Where)> SignInAsync(string returnUrl = "/")
    {
        using var browser = await _server.BrowserAsync();
        var next = new Uri(browser.BaseAddress!, $"/login/external?returnUrl={Uri.EscapeDataString(returnUrl)}");
        while (true)
        {
            var answer = await browser.GetAsync(next, Cancellation);
            if (answer.Headers.Location is not { } location)
            {
                return (answer.StatusCode, next.PathAndQuery);
            }

            next = new Uri(next, location);
        }
    }

    private Task<AppDbContext> Open() => _server.Services.GetRequiredService<IDbContextFactory<AppDbContext>>().CreateDbContextAsync(Cancellation);
}
