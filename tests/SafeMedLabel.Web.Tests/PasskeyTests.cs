using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Web.Tests;

/// <summary>What the server says to browsers that forge, forget or repeat; a browser with a device is in the end-to-end tests.</summary>
public sealed class PasskeyTests : IAsyncLifetime
{
    private const string Refused = "This passkey was not accepted";

    private readonly TestServer _server = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _server.AddUserAsync("pat", Roles.Pathologist);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("{}")]
    [InlineData("""{"id":"AAAA","rawId":"AAAA","type":"public-key","response":{"clientDataJSON":"AAAA","authenticatorData":"AAAA","signature":"AAAA"},"clientExtensionResults":{}}""")]
    public async Task What_no_device_made_signs_nobody_in(string credential)
    {
        using var browser = await _server.BrowserAsync();
        Assert.Contains(Refused, await (await SignInAsync(browser, credential)).Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);

        var options = await OptionsAsync(browser, "/login/passkey-options", new { });
        Assert.Equal(HttpStatusCode.OK, options.StatusCode);
        Assert.Contains(Refused, await (await SignInAsync(browser, credential)).Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "/login")]
    [InlineData("pat", "/account/passkeys")]
    public async Task A_form_that_asks_the_device_comes_after_the_script_that_asks_it_was_run(string? name, string address)
    {
        using var browser = await _server.BrowserAsync(name);
        var page = await browser.GetStringAsync(address, Cancellation);

        // A script with anything more, such as type="module", would be run when the page is complete.
        var script = page.IndexOf("<script src=\"/assets/js/passkeys.js\"></script>", StringComparison.Ordinal);
        Assert.InRange(script, 0, page.IndexOf("data-passkey=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_device_is_asked_for_finger_face_or_PIN()
    {
        using var browser = await _server.BrowserAsync();
        var used = await JsonAsync(await OptionsAsync(browser, "/login/passkey-options", new { }));
        using var pat = await _server.BrowserAsync("pat");
        var made = await JsonAsync(await OptionsAsync(pat, "/account/passkeys/options", new { password = TestServer.Password }));

        Assert.Equal("required", used.GetProperty("userVerification").GetString());
        Assert.Equal("required", made.GetProperty("authenticatorSelection").GetProperty("userVerification").GetString());
        Assert.Equal("required", made.GetProperty("authenticatorSelection").GetProperty("residentKey").GetString());
    }

    [Fact]
    public async Task Who_does_not_know_the_password_makes_no_passkey_of_an_open_session()
    {
        using var pat = await _server.BrowserAsync("pat");
        foreach (var password in (string?[])["wrong horse battery", null])
        {
            var refused = await OptionsAsync(pat, "/account/passkeys/options", new { password });
            Assert.Equal((HttpStatusCode.Conflict, "This is not your password."), (refused.StatusCode, await refused.Content.ReadAsStringAsync(Cancellation)));
        }

        var page = await TestServer.PostFormAsync(pat, "/account/passkeys", "add", ("Input.Name", "My laptop"), ("Input.Credential", "{}"));
        Assert.Contains("answer was not the one that was asked for", await page.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        await using var db = await _server.Services.GetRequiredService<IDbContextFactory<AppDbContext>>().CreateDbContextAsync(Cancellation);
        Assert.False(await db.UserPasskeys.AnyAsync(Cancellation));
    }

    private static Task<HttpResponseMessage> SignInAsync(HttpClient browser, string credential) =>
        TestServer.PostFormAsync(browser, "/login", "passkey", ("Passkey.Credential", credential));

    private static Task<HttpResponseMessage> OptionsAsync(HttpClient browser, string address, object sent) =>
        browser.PostAsJsonAsync(new Uri(address, UriKind.Relative), sent, Cancellation);

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage response) =>
        (await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(Cancellation), cancellationToken: Cancellation)).RootElement;
}
