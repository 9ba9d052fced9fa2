using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Exports;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Web.Tests;

/// <summary>What programs may do with a key, over the real server.</summary>
public sealed class ApiTests : IAsyncLifetime
{
    private const ApiScope All = ApiScope.Read | ApiScope.Label | ApiScope.Manage;

    private readonly TestServer _server = new();
    private int _project;
    private Guid _image;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _server.AddUserAsync("ada", Roles.Admin);
        await _server.AddUserAsync("lea", Roles.Lead);
        await _server.AddUserAsync("pat", Roles.Pathologist);
        (_project, _image) = await _server.AddImageAsync();
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_program_reads_and_answers_what_its_owner_may_and_sending_again_stores_once()
    {
        using var program = await ProgramAsync("pat", ApiScope.Read | ApiScope.Label);

        var projects = await JsonAsync(program, "projects");
        Assert.Equal(("Malaria", "a,b"), (projects["items"]![0]!["name"]!.GetValue<string>(), string.Join(',', projects["items"]![0]!["classes"]!.AsArray())));
        var queue = await SendAsync(program, HttpMethod.Post, $"projects/{_project}/next?count=2");
        var held = (await BodyAsync(queue))["images"]![0]!["id"]!.GetValue<Guid>();
        var answer = new { image = held, kind = "Label", @class = "b", seconds = 1.5 };
        var key = Guid.NewGuid();
        Assert.Equal([HttpStatusCode.NoContent, HttpStatusCode.NoContent], [(await AnswerAsync(program, answer, key)).StatusCode, (await AnswerAsync(program, answer, key)).StatusCode]);

        using var lead = await ProgramAsync("lea", ApiScope.Read);
        var labels = (await JsonAsync(lead, $"projects/{_project}/labels"))["items"]!.AsArray();
        var label = Assert.Single(labels)!;
        Assert.Equal(("b", 1.5, ReaderPseudonym.Of(_project, await _server.UserIdAsync("pat"))), (label["class"]!.GetValue<string>(), label["seconds"]!.GetValue<double>(), label["reader"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("pat", All, "GET", "projects/1/images", HttpStatusCode.Forbidden)]
    [InlineData("pat", All, "GET", "projects/1/labels", HttpStatusCode.Forbidden)]
    [InlineData("pat", All, "GET", "projects/1/rounds", HttpStatusCode.Forbidden)]
    [InlineData("pat", All, "POST", "projects/1/rounds", HttpStatusCode.Forbidden)]
    [InlineData("pat", All, "GET", "projects/1/models", HttpStatusCode.Forbidden)]
    [InlineData("lea", All, "GET", "projects/1/rounds/1/metrics", HttpStatusCode.NotFound)]
    [InlineData("lea", All, "GET", "projects/1/imports", HttpStatusCode.Forbidden)]
    [InlineData("lea", All, "POST", "projects/1/imports", HttpStatusCode.Forbidden)]
    [InlineData("lea", All, "GET", "projects/1/exports", HttpStatusCode.Forbidden)]
    [InlineData("lea", All, "POST", "projects/1/exports", HttpStatusCode.Forbidden)]
    [InlineData("lea", All, "GET", "projects/1/exports/1/file", HttpStatusCode.Forbidden)]
    [InlineData("ada", ApiScope.Label | ApiScope.Manage, "GET", "projects", HttpStatusCode.Forbidden)]
    [InlineData("ada", ApiScope.Read | ApiScope.Manage, "POST", "projects/1/next", HttpStatusCode.Forbidden)]
    [InlineData("ada", ApiScope.Read | ApiScope.Manage, "POST", "projects/1/labels", HttpStatusCode.Forbidden)]
    [InlineData("ada", ApiScope.Read | ApiScope.Label, "POST", "projects/1/exports", HttpStatusCode.Forbidden)]
    [InlineData("ada", All, "GET", "projects/99", HttpStatusCode.NotFound)]
    [InlineData("ada", All, "GET", "projects/99/rounds", HttpStatusCode.NotFound)]
    [InlineData("ada", All, "GET", "projects/1/images?limit=0", HttpStatusCode.BadRequest)]
    [InlineData("ada", All, "GET", "projects/1/images?split=Nonsense", HttpStatusCode.BadRequest)]
    [InlineData("ada", All, "GET", "no/such/thing", HttpStatusCode.NotFound)]
    [InlineData("ada", All, "POST", "projects/1/rounds", HttpStatusCode.Conflict)]
    [InlineData("ada", All, "GET", "projects/1/exports/7/file", HttpStatusCode.NotFound)]
    public async Task What_is_not_to_be_had_is_refused_with_problem_details(string owner, ApiScope scope, string method, string address, HttpStatusCode expected)
    {
        using var program = await ProgramAsync(owner, scope);

        var answer = await SendAsync(program, new HttpMethod(method), address, method == "POST" ? new { } : null);

        Assert.Equal((expected, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Equal((int)expected, (await BodyAsync(answer))["status"]!.GetValue<int>());
    }

    [Fact]
    public async Task Nobody_is_let_in_without_a_key_that_counts_and_a_cookie_is_none()
    {
        var keys = _server.Services.GetRequiredService<ApiKeyService>();
        var ada = await _server.UserIdAsync("ada");
        using var stranger = await _server.BrowserAsync();
        using var browser = await _server.BrowserAsync("ada");
        using var revoked = await ProgramAsync("ada", All);
        Assert.Null((await keys.RevokeAsync(ada, (await keys.ListAsync(ada, Cancellation))[0].Id, Cancellation)).Error);
        using var disabled = await ProgramAsync("pat", All);
        await using (var scope = _server.Services.CreateAsyncScope())
        {
            Assert.Null((await scope.ServiceProvider.GetRequiredService<AccountService>().SetDisabledAsync(await _server.UserIdAsync("pat"), disabled: true)).Error);
        }

        foreach (var client in new[] { stranger, browser, revoked, disabled })
        {
            var answer = await SendAsync(client, HttpMethod.Get, "projects");
            Assert.Equal((HttpStatusCode.Unauthorized, "Bearer"), (answer.StatusCode, answer.Headers.WwwAuthenticate.ToString()));
        }
    }

    [Fact]
    public async Task A_closed_project_is_not_there_for_programs_of_people_without_a_role_in_it()
    {
        var members = _server.Services.GetRequiredService<MemberService>();
        Assert.Null((await members.SetClosedAsync(_project, isClosed: true, await _server.UserIdAsync("ada"), Cancellation)).Error);
        Assert.Null((await members.SetAsync(_project, await _server.UserIdAsync("pat"), Roles.Lead, Cancellation)).Error);
        using var lea = await ProgramAsync("lea", All);
        using var pat = await ProgramAsync("pat", All);

        Assert.Empty((await JsonAsync(lea, "projects"))["items"]!.AsArray());
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(lea, HttpMethod.Get, $"projects/{_project}/images/{_image}/picture")).StatusCode);
        Assert.Single((await JsonAsync(pat, "projects"))["items"]!.AsArray());
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(pat, HttpMethod.Get, $"projects/{_project}/rounds")).StatusCode);
    }

    [Fact]
    public async Task A_list_comes_in_parts_that_follow_each_other_and_hold_all_of_it()
    {
        using var program = await ProgramAsync("lea", ApiScope.Read);

        var first = await JsonAsync(program, $"projects/{_project}/images?limit=1");
        var second = await JsonAsync(program, $"projects/{_project}/images?limit=1&after={first["next"]}");

        Assert.Null(second["next"]);
        var all = new[] { first, second }.Select(part => Assert.Single(part["items"]!.AsArray())!["sha256"]!.GetValue<string>()).ToList();
        Assert.Equal(all.Order(StringComparer.Ordinal).Distinct(), all);
    }

    [Fact]
    public async Task A_picture_that_a_program_has_is_not_sent_again()
    {
        using var program = await ProgramAsync("pat", ApiScope.Read);
        var picture = await SendAsync(program, HttpMethod.Get, $"projects/{_project}/images/{_image}/picture");
        Assert.Equal((HttpStatusCode.OK, "image/png"), (picture.StatusCode, picture.Content.Headers.ContentType!.MediaType));

        using var again = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/projects/{_project}/images/{_image}/picture");
        again.Headers.IfNoneMatch.Add(picture.Headers.ETag!);
        Assert.Equal(HttpStatusCode.NotModified, (await program.SendAsync(again, Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(program, HttpMethod.Get, $"projects/{_project + 1}/images/{_image}/picture")).StatusCode);
        using var admins = await ProgramAsync("ada", ApiScope.Read);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(admins, HttpMethod.Get, $"projects/{_project + 1}/images/{_image}/picture")).StatusCode);
    }

    [Fact]
    public async Task A_list_that_a_program_has_is_not_sent_again_until_it_changes()
    {
        using var program = await ProgramAsync("lea", All);
        var address = $"/api/v1/projects/{_project}/labels";
        var first = await program.GetAsync(new Uri(address, UriKind.Relative), Cancellation);
        async Task<HttpStatusCode> AgainAsync()
        {
            using var again = new HttpRequestMessage(HttpMethod.Get, address);
            again.Headers.IfNoneMatch.Add(first.Headers.ETag!);
            return (await program.SendAsync(again, Cancellation)).StatusCode;
        }

        Assert.Equal(HttpStatusCode.NotModified, await AgainAsync());
        var held = (await BodyAsync(await SendAsync(program, HttpMethod.Post, $"projects/{_project}/next")))["images"]![0]!["id"]!.GetValue<Guid>();
        await AnswerAsync(program, new { image = held, kind = "Label", @class = "b", seconds = 1 }, Guid.NewGuid());
        Assert.Equal(HttpStatusCode.OK, await AgainAsync());
        Assert.Null((await program.GetAsync(new Uri("/api/v1/projects/99", UriKind.Relative), Cancellation)).Headers.ETag);
    }

    [Fact]
    public async Task An_import_or_an_export_that_is_asked_for_twice_under_one_key_starts_once()
    {
        using var program = await ProgramAsync("ada", All);
        using var cells = new TemporaryFolder();
        cells.Add("a/C3thin_3.png", Pictures.Png(3));
        cells.Add("b/C4thin_4.png", Pictures.Png(4));
        foreach (var (what, body) in new (string, object)[] { ("imports", new { path = cells.Path }), ("exports", new { format = "Csv" }) })
        {
            var before = (await JsonAsync(program, $"projects/{_project}/{what}"))["items"]!.AsArray().Count;
            var key = Guid.NewGuid().ToString();
            var ids = new List<int>();
            for (var i = 0; i < 2; i++)
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/projects/{_project}/{what}") { Content = JsonContent.Create(body), Headers = { { "Idempotency-Key", key } } };
                var answer = await program.SendAsync(request, Cancellation);
                Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
                ids.Add((await BodyAsync(answer))["id"]!.GetValue<int>());
            }

            Assert.Equal(ids[0], ids[1]);
            Assert.Equal(before + 1, (await JsonAsync(program, $"projects/{_project}/{what}"))["items"]!.AsArray().Count);
        }
    }

    [Fact]
    public async Task An_answer_without_its_key_or_of_no_class_is_refused_and_nothing_is_stored()
    {
        using var program = await ProgramAsync("lea", All);
        var held = (await BodyAsync(await SendAsync(program, HttpMethod.Post, $"projects/{_project}/next")))["images"]![0]!["id"]!.GetValue<Guid>();

        var withoutKey = await AnswerAsync(program, new { image = held, kind = "Label", @class = "b", seconds = 1 }, null);
        var ofNoClass = await AnswerAsync(program, new { image = held, kind = "Label", @class = "c", seconds = 1 }, Guid.NewGuid());
        var ofNobody = await AnswerAsync(program, new { image = Guid.NewGuid(), kind = "Label", @class = "b", seconds = 1 }, Guid.NewGuid());

        Assert.StartsWith("The header 'Idempotency-Key' is missing", (await BodyAsync(withoutKey))["detail"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("A label names one of the classes 'a', 'b'.", (await BodyAsync(ofNoClass))["detail"]!.GetValue<string>());
        Assert.Equal((HttpStatusCode.Conflict, "This image is not in the queue."), (ofNobody.StatusCode, (await BodyAsync(ofNobody))["detail"]!.GetValue<string>()));
        Assert.Empty((await JsonAsync(program, $"projects/{_project}/labels"))["items"]!.AsArray());
    }

    [Fact]
    public async Task Who_asks_too_often_is_told_when_to_ask_again()
    {
        await using var server = new TestServer();
        server.Settings["Api:RequestsPerMinute"] = "3";
        await server.AddUserAsync("ada", Roles.Admin);
        using var program = await ProgramAsync("ada", ApiScope.Read, server);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await SendAsync(program, HttpMethod.Get, "projects")).StatusCode);
        }

        var refused = await SendAsync(program, HttpMethod.Get, "projects");

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_round_says_with_which_file_of_weights_it_began()
    {
        await using (var db = _server.Services.GetRequiredService<IDbContextFactory<AppDbContext>>().CreateDbContext())
        {
            var hash = "ab12cd34" + new string('0', 56);
            db.Rounds.Add(new Round { ProjectId = _project, Number = 1, Method = "safemed-ssl", Beginning = Beginning.File, BeginningFile = "own.pth", BeginningFileHash = hash });
            await db.SaveChangesAsync(Cancellation);
        }

        using var lead = await ProgramAsync("lea", ApiScope.Read);
        var round = Assert.Single((await JsonAsync(lead, $"projects/{_project}/rounds"))["items"]!.AsArray())!;
        Assert.Equal("Weights of own.pth (SHA-256 ab12cd34…)", round["beganWith"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_example_in_Python_reads_the_queue_and_answers()
    {
        const string python = "/usr/bin/python3";
        Assert.SkipUnless(File.Exists(python), "There is no Python on this machine.");
        using var program = await ProgramAsync("pat", ApiScope.Read | ApiScope.Label);
        var start = new ProcessStartInfo(python, [Path.Combine(AppContext.BaseDirectory, "api.py"), program.BaseAddress!.ToString()]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["SAFEMEDLABEL_KEY"] = program.DefaultRequestHeaders.Authorization!.Parameter;

        using var example = Process.Start(start)!;
        var errors = example.StandardError.ReadToEndAsync(Cancellation);
        var output = await example.StandardOutput.ReadToEndAsync(Cancellation);
        await example.WaitForExitAsync(Cancellation);

        Assert.True(example.ExitCode == 0, await errors);
        Assert.EndsWith("Answered 'a'", output.TrimEnd(), StringComparison.Ordinal);
        using var lead = await ProgramAsync("lea", ApiScope.Read);
        Assert.Equal("a", Assert.Single((await JsonAsync(lead, $"projects/{_project}/labels"))["items"]!.AsArray())!["class"]!.GetValue<string>());
    }

    [Fact]
    public async Task Its_description_names_every_address_to_whoever_is_signed_in()
    {
        using var browser = await _server.BrowserAsync("pat");
        using var stranger = await _server.BrowserAsync();

        var description = await BodyAsync(await browser.GetAsync(new Uri("/api/v1/openapi.json", UriKind.Relative), Cancellation));
        var page = await browser.GetAsync(new Uri("/api/", UriKind.Relative), Cancellation);

        Assert.Equal(
            [
                "/api/v1/projects", "/api/v1/projects/{projectId}", "/api/v1/projects/{projectId}/exports", "/api/v1/projects/{projectId}/exports/{exportId}/file", "/api/v1/projects/{projectId}/images",
                "/api/v1/projects/{projectId}/images/{imageId}/picture", "/api/v1/projects/{projectId}/imports", "/api/v1/projects/{projectId}/labels", "/api/v1/projects/{projectId}/models", "/api/v1/projects/{projectId}/next", "/api/v1/projects/{projectId}/predictions",
                "/api/v1/projects/{projectId}/rounds", "/api/v1/projects/{projectId}/rounds/{number}/metrics",
            ],
            description["paths"]!.AsObject().Select(p => p.Key).Order(StringComparer.Ordinal));
        Assert.All(description["paths"]!.AsObject().SelectMany(p => p.Value!.AsObject()), operation => Assert.NotEmpty(operation.Value!["summary"]!.GetValue<string>()));
        Assert.NotNull(description["paths"]!["/api/v1/projects/{projectId}/predictions"]!["post"]!["requestBody"]);
        Assert.Equal("bearer", description["components"]!["securitySchemes"]!["ApiKey"]!["scheme"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal(HttpStatusCode.Redirect, (await stranger.GetAsync(new Uri("/api/v1/openapi.json", UriKind.Relative), Cancellation)).StatusCode);
    }

    private async Task<HttpClient> ProgramAsync(string owner, ApiScope scope, TestServer? server = null)
    {
        server ??= _server;
        var client = await server.BrowserAsync();
        var key = await server.Services.GetRequiredService<ApiKeyService>().CreateAsync(await server.UserIdAsync(owner), "test", scope, 1, Cancellation);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Value);
        return client;
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpMethod method, string address, object? body = null)
    {
        using var request = new HttpRequestMessage(method, $"/api/v1/{address}") { Content = body is null ? null : JsonContent.Create(body) };
        return await client.SendAsync(request, Cancellation);
    }

    private async Task<HttpResponseMessage> AnswerAsync(HttpClient client, object answer, Guid? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/projects/{_project}/labels") { Content = JsonContent.Create(answer) };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key.ToString());
        }

        return await client.SendAsync(request, Cancellation);
    }

    private static async Task<JsonNode> JsonAsync(HttpClient client, string address)
    {
        var answer = await SendAsync(client, HttpMethod.Get, address);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await BodyAsync(answer);
    }

    private static async Task<JsonNode> BodyAsync(HttpResponseMessage answer) => JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancellation))!;
}
