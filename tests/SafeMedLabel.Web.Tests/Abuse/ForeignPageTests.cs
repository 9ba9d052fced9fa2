using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Accounts;

namespace SafeMedLabel.Web.Tests.Abuse;

/// <summary>What a page of another site, open in the browser of somebody who is signed in here, can send.</summary>
public sealed class ForeignPageTests : IAsyncLifetime
{
    private readonly TestServer _server = new();

    public static TheoryData<string> Foreign => new("https://evil.example", "null", "http://127.0.0.1:1", "http://localhost", "http://127.0.0.1.evil.example", "nonsense", "file://", "http://[::1]");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _server.AddUserAsync("ada", Roles.Admin);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [MemberData(nameof(Foreign))]
    public async Task It_opens_no_connection_of_a_page(string origin)
    {
        using var ada = await _server.BrowserAsync("ada");

        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(ada, "POST", "/_blazor/negotiate?negotiateVersion=1", origin)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(ada, "GET", "/_blazor", origin)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, await SocketAsync(ada, origin));
    }

    [Fact]
    public async Task It_sends_nothing_to_any_address_and_programs_with_a_key_are_not_asked_where_they_come_from()
    {
        using var ada = await _server.BrowserAsync("ada");
        var asked = 0;
        foreach (var endpoint in _server.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>())
        {
            var route = "/" + endpoint.RoutePattern.RawText!.TrimStart('/').Replace(":int", "", StringComparison.Ordinal).Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal);
            foreach (var method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Except(["GET", "HEAD"]) ?? ["POST"])
            {
                asked++;
                var answer = await SendAsync(ada, method, route, "https://evil.example");
                Assert.True((answer.StatusCode == HttpStatusCode.Forbidden) != route.StartsWith("/api/v1/", StringComparison.Ordinal), $"{method} {route}: {answer.StatusCode}");
            }
        }

        Assert.InRange(asked, 40, 1000);
    }

    [Fact]
    public async Task The_servers_own_pages_open_theirs_also_behind_a_proxy_that_speaks_TLS()
    {
        using var ada = await _server.BrowserAsync("ada");
        var own = ada.BaseAddress!.GetLeftPart(UriPartial.Authority);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(ada, "POST", "/_blazor/negotiate?negotiateVersion=1", own)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(ada, "POST", "/_blazor/negotiate?negotiateVersion=1", null)).StatusCode);
        Assert.Equal(HttpStatusCode.SwitchingProtocols, await SocketAsync(ada, own));

        using var proxied = await _server.BrowserAsync("ada");
        proxied.DefaultRequestHeaders.Host = "label.example-hospital.org";
        proxied.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(proxied, "POST", "/_blazor/negotiate?negotiateVersion=1", "https://label.example-hospital.org")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(proxied, "POST", "/_blazor/negotiate?negotiateVersion=1", "https://LABEL.example-hospital.org:443")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(proxied, "POST", "/_blazor/negotiate?negotiateVersion=1", "http://label.example-hospital.org")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(proxied, "POST", "/_blazor/negotiate?negotiateVersion=1", own)).StatusCode);

        // What a browser can send through the proxy says nothing of who it is.
        proxied.DefaultRequestHeaders.Add("X-Forwarded-Host", "evil.example");
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(proxied, "POST", "/_blazor/negotiate?negotiateVersion=1", "https://evil.example")).StatusCode);
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient browser, string method, string address, string? origin)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(address, UriKind.Relative));
        if (origin is not null)
        {
            request.Headers.TryAddWithoutValidation("Origin", origin);
        }

        return await browser.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
    }

    /// <summary>Opens a WebSocket with the browser's cookies; returns how it was answered.</summary>
    private static async Task<HttpStatusCode> SocketAsync(HttpClient browser, string origin)
    {
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Origin", origin);
        socket.Options.CollectHttpResponseDetails = true;
        try
        {
            await socket.ConnectAsync(new UriBuilder(browser.BaseAddress!) { Scheme = "ws", Path = "/_blazor" }.Uri, browser, Cancellation);
        }
        catch (WebSocketException)
        {
            // The answer says why.
        }

        return socket.HttpStatusCode;
    }
}
