using System.Net;
using SafeMedLabel.Application.Accounts;

namespace SafeMedLabel.Web.Tests.Abuse;

/// <summary>Whoever signs in is led to this site alone, whatever the link said that they came by.</summary>
public sealed class ForwardingTests : IAsyncLifetime
{
    private readonly TestServer _server = new();

    public async ValueTask InitializeAsync() => await _server.AddUserAsync("pat", Roles.Pathologist);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("/projects/1?tab=2", "/projects/1?tab=2")]
    [InlineData("/projects/1?x=\u00E9", "/")]
    [InlineData("/\u00FC", "/")]
    [InlineData("/\uFF0Fevil.example", "/")]
    [InlineData("/\u2028/evil.example", "/")]
    [InlineData("//evil.example", "/")]
    [InlineData("/\\evil.example", "/")]
    [InlineData("/\t/evil.example", "/")]
    [InlineData("/\r\n/evil.example", "/")]
    [InlineData("https://evil.example", "/")]
    [InlineData("javascript:alert(1)", "/")]
    [InlineData("evil.example", "/")]
    public async Task A_sign_in_leads_to_this_site_alone(string asked, string led)
    {
        using var browser = await _server.BrowserAsync();

        var answer = await TestServer.PostFormAsync(
            browser, $"/login?ReturnUrl={Uri.EscapeDataString(asked)}", "login", ("Input.Email", "pat@example.org"), ("Input.Password", TestServer.Password));

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal(new Uri(_server.ClientOptions.BaseAddress, led), new Uri(_server.ClientOptions.BaseAddress, answer.Headers.Location!));
    }
}
