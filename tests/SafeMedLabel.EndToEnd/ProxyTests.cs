using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using SafeMedLabel.Testing;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>The server as hospitals have it: behind a proxy that speaks TLS.</summary>
public sealed class ProxyTests
{
    private const int MoreThanAProxyTakesByItself = 3 << 20;

    [Fact]
    public async Task Behind_nginx_as_the_guide_sets_it_up_people_sign_in_by_TLS_read_over_its_WebSocket_and_upload_large_files()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var room = await ReadingRoom.OpenAsync(cells: 40, cancellationToken: cancellation);
        await using var proxy = await ReverseProxy.StartAsync(room.Server.Address, cancellation);
        var page = await Walk.OpenAsync(room.Browser, proxy.Address);
        var sockets = new List<string>();
        page.WebSocket += (_, socket) => sockets.Add(socket.Url);

        await Walk.SignInAsync(page, "ada@example.org");
        Assert.StartsWith(proxy.Address.AbsoluteUri, page.Url, StringComparison.Ordinal);
        Assert.All(await page.Context.CookiesAsync(), cookie => Assert.True(cookie.Secure, $"{cookie.Name} would be sent without TLS."));
        await page.GotoAsync("/projects/1/label");
        await Walk.AnswerAsync(page, "1");
        await using var db = room.Server.OpenDatabase();
        Assert.Equal(1, await db.LabelEvents.CountAsync(cancellation));
        // Another site's page is none of the proxy's name, and who the browser says to come from is not believed.
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator };
        using var http = new HttpClient(handler);
        foreach (var (origin, isTaken) in new[] { (proxy.Address.GetLeftPart(UriPartial.Authority), true), ("https://evil.example", false), (room.Server.Address.GetLeftPart(UriPartial.Authority), false) })
        {
            using var negotiation = new HttpRequestMessage(HttpMethod.Post, new Uri(proxy.Address, "_blazor/negotiate?negotiateVersion=1"));
            negotiation.Headers.Add("Origin", origin);
            negotiation.Headers.Add("X-Forwarded-Host", "evil.example");
            Assert.Equal((origin, isTaken), (origin, (await http.SendAsync(negotiation, cancellation)).StatusCode != System.Net.HttpStatusCode.Forbidden));
        }

        Assert.Contains(sockets, url => url.StartsWith($"wss://{proxy.Address.Authority}/_blazor", StringComparison.Ordinal));

        using var upload = new TemporaryFolder();
        var zip = upload.File("cells.zip");
        using (var archive = System.IO.Compression.ZipFile.Open(zip, System.IO.Compression.ZipArchiveMode.Create))
        {
            foreach (var (name, content) in new[] { ("a/P1_1.png", Pictures.Png(1)), ("b/P2_2.png", Pictures.Png(2)), ("b/P2_3.png", RandomNumberGenerator.GetBytes(MoreThanAProxyTakesByItself)) })
            {
                await using var entry = archive.CreateEntry(name).Open();
                await entry.WriteAsync(content, cancellation);
            }
        }

        await page.GotoAsync("/projects/1/import");
        await page.GetByTestId("upload-looks-first").CheckAsync();
        await page.SetInputFilesAsync("#upload-file", zip);
        // The project has other classes: its whole file has come to the worker, which says so.
        await Assertions.Expect(page.GetByTestId("import-state").First).ToHaveTextAsync("Failed");
        await Assertions.Expect(page.GetByText("'a' is not a class of this project").First).ToBeVisibleAsync();
    }
}
