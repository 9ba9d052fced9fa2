using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Labelling;

namespace SafeMedLabel.Web.Tests.Abuse;

/// <summary>How much may come, how often, and what is said of what cannot be done now or was never a day.</summary>
public sealed class RequestLimitTests : IAsyncLifetime
{
    private const ApiScope All = ApiScope.Read | ApiScope.Label | ApiScope.Manage | ApiScope.Predict;

    private readonly TestServer _server = new();
    private int _project;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server.Settings["Api:PredictionsPerMinute"] = "2";
        _server.Settings["Uploads:RequestsPerMinute"] = "2";
        await _server.AddUserAsync("ada", Roles.Admin);
        await _server.AddUserAsync("bea", Roles.Admin);
        (_project, _) = await _server.AddImageAsync();
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Every_endpoint_that_takes_JSON_takes_64_KB_of_it_and_no_more()
    {
        using var browser = await _server.BrowserAsync("ada");
        using var program = await _server.ProgramAsync("ada", All);
        var endpoints = _server.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<IAcceptsMetadata>() is { RequestType: { } type } && type != typeof(Stream)).ToList();
        Assert.InRange(endpoints.Count, 8, 100);
        foreach (var endpoint in endpoints)
        {
            var address = $"/{endpoint.RoutePattern.RawText!.TrimStart('/').Replace("{projectId:int}", $"{_project}", StringComparison.Ordinal)}";
            var client = address.StartsWith("/api/v1/", StringComparison.Ordinal) ? program : browser;
            using var most = await client.PostAsync(new Uri(address, UriKind.Relative), Json(64 * 1024), Cancellation);
            using var more = await client.PostAsync(new Uri(address, UriKind.Relative), Json((64 * 1024) + 1), Cancellation);

            Assert.NotEqual(HttpStatusCode.RequestEntityTooLarge, most.StatusCode);
            await AssertProblemAsync(HttpStatusCode.RequestEntityTooLarge, "The request is larger than this address takes.", more);
        }
    }

    [Fact]
    public async Task A_part_of_an_archive_and_a_form_have_a_largest_size_too()
    {
        using var ada = await _server.BrowserAsync("ada");

        await AssertProblemAsync(HttpStatusCode.RequestEntityTooLarge, "The request is larger than this address takes.", await PutAsync(ada, new byte[(32 * 1024 * 1024) + 1]));
        using var form = new HttpRequestMessage(HttpMethod.Post, "/login")
        {
            Content = new ByteArrayContent(new byte[(1024 * 1024) + 1]) { Headers = { ContentType = new MediaTypeHeaderValue("application/x-www-form-urlencoded") } },
            Headers = { ExpectContinue = true },
        };
        using var refused = await ada.SendAsync(form, Cancellation);
        Assert.InRange((int)refused.StatusCode, 400, 499);
    }

    [Fact]
    public async Task A_message_over_a_pages_connection_has_at_most_32_KB()
    {
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var browser = new HttpClient(handler) { BaseAddress = (await _server.BrowserAsync()).BaseAddress };
        Assert.True(await TestServer.SignInAsync(browser, "ada", TestServer.Password));
        using var socket = new ClientWebSocket();
        socket.Options.Cookies = handler.CookieContainer;
        socket.Options.SetRequestHeader("Origin", browser.BaseAddress!.GetLeftPart(UriPartial.Authority));
        await socket.ConnectAsync(new UriBuilder(browser.BaseAddress!) { Scheme = "ws", Path = "/_blazor" }.Uri, Cancellation);
        await socket.SendAsync(Encoding.UTF8.GetBytes("{\"protocol\":\"blazorpack\",\"version\":1}\u001e"), WebSocketMessageType.Text, endOfMessage: true, Cancellation);

        // Its length in front, as the protocol has it, and the message never whole.
        byte[] message = [0x80, 0x80, 0x04, .. new byte[40 * 1024]];
        await socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, Cancellation);

        var closed = new StringBuilder();
        var buffer = new byte[16 * 1024];
        var received = await socket.ReceiveAsync(buffer, Cancellation);
        while (received.MessageType != WebSocketMessageType.Close)
        {
            closed.Append(Encoding.Latin1.GetString(buffer, 0, received.Count));
            received = await socket.ReceiveAsync(buffer, Cancellation);
        }

        Assert.DoesNotContain("Exception", closed.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_uploads_or_asks_the_model_too_often_is_told_when_to_come_again_and_others_go_on()
    {
        using var ada = await _server.BrowserAsync("ada");
        using var bea = await _server.BrowserAsync("bea");
        using var program = await _server.ProgramAsync("ada", All);
        using var second = await _server.ProgramAsync("ada", All);
        using var beas = await _server.ProgramAsync("bea", All);
        for (var i = 0; i < 2; i++)
        {
            Assert.NotEqual(HttpStatusCode.TooManyRequests, (await PutAsync(ada, [1])).StatusCode);
            Assert.NotEqual(HttpStatusCode.TooManyRequests, (await PredictAsync(program)).StatusCode);
        }

        foreach (var refused in new[] { await PutAsync(ada, [1]), await PredictAsync(program), await PredictAsync(second) })
        {
            Assert.Equal((HttpStatusCode.TooManyRequests, "application/problem+json"), (refused.StatusCode, refused.Content.Headers.ContentType?.MediaType));
            var wait = refused.Headers.RetryAfter!.Delta!.Value;
            Assert.InRange(wait, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
            Assert.Equal($"Too many requests; come again in {wait.TotalSeconds} s.", await DetailAsync(refused));
        }

        Assert.NotEqual(HttpStatusCode.TooManyRequests, (await PutAsync(bea, [1])).StatusCode);
        Assert.NotEqual(HttpStatusCode.TooManyRequests, (await PredictAsync(beas)).StatusCode);
    }

    [Fact]
    public async Task Whatever_cannot_be_done_now_says_when_to_come_again()
    {
        using var browser = await _server.BrowserAsync("ada");
        using var program = await _server.ProgramAsync("ada", All);
        var ada = await _server.UserIdAsync("ada");
        var held = (await _server.Services.GetRequiredService<LabellingService>().OpenAsync(_project, ada, 1, Cancellation)).Images[0].Id;
        var key = $"{Guid.NewGuid()}";
        _server.Storage.IsReadOnly = true;

        var said = new { imageId = held, kind = "Label", classIndex = 1, elapsedMilliseconds = 900, clientKey = key };
        var answers = new List<HttpResponseMessage>();
        foreach (var address in (string[])["answers", "decisions", "revisions"])
        {
            answers.Add(await browser.PostAsJsonAsync($"/projects/{_project}/{address}", said, Cancellation));
        }

        foreach (var (address, body) in new (string, object)[] { ("labels", new { image = held, kind = "Label", @class = "b", seconds = 1 }), ("exports", new { format = "Csv" }), ("imports", new { path = "/" }), ("rounds", new { }) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/projects/{_project}/{address}") { Content = JsonContent.Create(body), Headers = { { "Idempotency-Key", key } } };
            answers.Add(await program.SendAsync(request, Cancellation));
        }

        _server.Storage.IsReadOnly = false;
        var unavailable = answers.Where(a => a.StatusCode == HttpStatusCode.ServiceUnavailable).ToList();
        Assert.All(answers, a => Assert.InRange((int)a.StatusCode, 400, 503));
        Assert.DoesNotContain(answers, a => a.StatusCode == HttpStatusCode.InternalServerError);
        Assert.InRange(unavailable.Count, 4, answers.Count);
        Assert.All(unavailable, a => Assert.InRange(a.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60)));
    }

    [Theory]
    [InlineData("from=0001-01-01")]
    [InlineData("until=0001-01-01")]
    [InlineData("from=9999-12-31")]
    [InlineData("until=9999-12-31")]
    [InlineData("from=0001-01-01&until=9999-12-31")]
    [InlineData("from=9999-12-31&until=0001-01-01")]
    public async Task The_audit_trail_is_written_out_for_whichever_days_there_are(string days)
    {
        using var ada = await _server.BrowserAsync("ada");

        using var table = await ada.GetAsync(new Uri($"/admin/audit/table?{days}", UriKind.Relative), Cancellation);

        Assert.Equal(HttpStatusCode.OK, table.StatusCode);
        var entries = (await table.Content.ReadAsStringAsync(Cancellation)).Split('\n').Length - 2;
        Assert.Equal(days is "from=0001-01-01" or "until=9999-12-31" or "from=0001-01-01&until=9999-12-31", entries > 0);
    }

    [Theory]
    [InlineData("0000-01-01")]
    [InlineData("10000-01-01")]
    [InlineData("2026-02-30")]
    [InlineData("yesterday")]
    public async Task What_is_no_day_is_refused_with_a_sentence(string day)
    {
        using var ada = await _server.BrowserAsync("ada");

        using var refused = await ada.GetAsync(new Uri($"/admin/audit/table?from={day}", UriKind.Relative), Cancellation);

        await AssertProblemAsync(HttpStatusCode.BadRequest, "The request cannot be understood: a value in its address, its headers or its JSON is missing, misspelt or out of range.", refused);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"classIndex\":0,\"confirmed\":null,\"exceptions\":[],\"elapsedMilliseconds\":1,\"clientKey\":\"0f8fad5b-d9cb-469f-a165-70867728950e\"}")]
    [InlineData("{\"classIndex\":0,\"classIndex\":1,\"confirmed\":[],\"exceptions\":[],\"elapsedMilliseconds\":1,\"clientKey\":\"0f8fad5b-d9cb-469f-a165-70867728950e\"}")]
    public async Task A_grid_that_lacks_what_a_grid_has_is_refused_with_a_sentence(string body)
    {
        using var ada = await _server.BrowserAsync("ada");

        using var refused = await ada.PostAsync(new Uri($"/projects/{_project}/grids", UriKind.Relative), new StringContent(body, Encoding.UTF8, "application/json"), Cancellation);

        await AssertProblemAsync(HttpStatusCode.BadRequest, "The request cannot be understood: a value in its address, its headers or its JSON is missing, misspelt or out of range.", refused);
    }

    [Theory]
    [InlineData("POST", "/no/such/address", HttpStatusCode.MethodNotAllowed, "This address does not answer to this method.")]
    [InlineData("PUT", "/projects/99999999999/upload", HttpStatusCode.NotFound, "There is nothing here.")]
    [InlineData("DELETE", "/projects/1/answers", HttpStatusCode.MethodNotAllowed, "This address does not answer to this method.")]
    [InlineData("PUT", "/login", HttpStatusCode.MethodNotAllowed, "This address does not answer to this method.")]
    public async Task What_is_sent_to_an_address_that_is_none_or_takes_nothing_like_it_is_told_so(string method, string address, HttpStatusCode expected, string sentence)
    {
        using var ada = await _server.BrowserAsync("ada");
        using var request = new HttpRequestMessage(new HttpMethod(method), address) { Content = JsonContent.Create(new { }) };

        using var refused = await ada.SendAsync(request, Cancellation);

        await AssertProblemAsync(expected, sentence, refused);
    }

    [Fact]
    public async Task A_grid_of_more_images_than_one_has_is_refused()
    {
        using var ada = await _server.BrowserAsync("ada");
        var grid = new { classIndex = 0, confirmed = Enumerable.Range(0, 480).Select(_ => Guid.NewGuid()), exceptions = Enumerable.Range(0, 21).Select(_ => Guid.NewGuid()), elapsedMilliseconds = 1, clientKey = Guid.NewGuid() };

        using var refused = await ada.PostAsJsonAsync($"/projects/{_project}/grids", grid, Cancellation);

        Assert.Equal((HttpStatusCode.Conflict, "A grid has at most 500 images."), (refused.StatusCode, await refused.Content.ReadAsStringAsync(Cancellation)));
    }

    [Theory]
    [InlineData("bogus")]
    [InlineData("utf-7")]
    [InlineData("utf-16")]
    [InlineData("")]
    public async Task JSON_in_another_encoding_than_UTF_8_is_refused_with_a_sentence(string charset)
    {
        using var ada = await _server.BrowserAsync("ada");
        using var content = new StringContent("{}");
        content.Headers.Remove("Content-Type");
        Assert.True(content.Headers.TryAddWithoutValidation("Content-Type", $"application/json; charset=\"{charset}\""));

        using var refused = await ada.PostAsync(new Uri($"/projects/{_project}/grids", UriKind.Relative), content, Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("The request cannot be understood", await refused.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_grid_of_which_nothing_is_stored_is_refused()
    {
        using var ada = await _server.BrowserAsync("ada");
        await using (var db = _server.Services.GetRequiredService<Microsoft.EntityFrameworkCore.IDbContextFactory<Application.Persistence.AppDbContext>>().CreateDbContext())
        {
            (await db.Projects.FindAsync([_project], Cancellation))!.GridAllowed = true;
            await db.SaveChangesAsync(Cancellation);
        }

        using var refused = await ada.PostAsJsonAsync(
            $"/projects/{_project}/grids", new { classIndex = 0, confirmed = new[] { Guid.NewGuid() }, exceptions = Array.Empty<Guid>(), elapsedMilliseconds = 1, clientKey = Guid.NewGuid() }, Cancellation);

        Assert.Equal(
            (HttpStatusCode.Conflict, "These images were handed to colleagues meanwhile; none of your answers was stored."), (refused.StatusCode, await refused.Content.ReadAsStringAsync(Cancellation)));
    }

    private static StringContent Json(int bytes) => new($"{{\"x\":\"{new string('x', bytes - 8)}\"}}", Encoding.UTF8, "application/json");

    private async Task<HttpResponseMessage> PutAsync(HttpClient browser, byte[] part)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/projects/{_project}/upload") { Content = new ByteArrayContent(part) };
        // Who is refused for the length alone sends no bytes.
        request.Headers.ExpectContinue = true;
        foreach (var (header, value) in new[] { ("Name", "cells.zip"), ("Size", "100000000"), ("Modified", "1"), ("Offset", "0") })
        {
            request.Headers.Add($"X-SafeMedLabel-{header}", value);
        }

        return await browser.SendAsync(request, Cancellation);
    }

    private Task<HttpResponseMessage> PredictAsync(HttpClient program) =>
        program.PostAsync(new Uri($"/api/v1/projects/{_project}/predictions", UriKind.Relative), new ByteArrayContent([1]), Cancellation);

    private static async Task AssertProblemAsync(HttpStatusCode expected, string sentence, HttpResponseMessage answer) =>
        Assert.Equal((expected, "application/problem+json", sentence), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType, await DetailAsync(answer)));

    private static async Task<string?> DetailAsync(HttpResponseMessage answer) =>
        answer.Content.Headers.ContentType?.MediaType == "application/problem+json" ? JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancellation))!["detail"]?.GetValue<string>() : null;
}
