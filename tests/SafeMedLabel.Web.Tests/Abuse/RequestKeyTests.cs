using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Web.Tests.Abuse;

/// <summary>A key of a request, over the real server: the same again is done once and answered alike, and anything else under it is refused and not stored.</summary>
public sealed class RequestKeyTests : IAsyncLifetime
{
    private const ApiScope All = ApiScope.Read | ApiScope.Label | ApiScope.Manage;

    private readonly TestServer _server = new();
    private readonly Guid _key = Guid.NewGuid();
    private int _project;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _server.AddUserAsync("ada", Roles.Admin);
        await _server.AddUserAsync("bea", Roles.Admin);
        await _server.AddUserAsync("pat", Roles.Pathologist);
        (_project, _) = await _server.AddImagesAsync([.. Enumerable.Range(1, 12).Select(i => ($"{(i % 2 == 0 ? "a" : "b")}/C{i}thin_{i}.png", Pictures.Png(i)))]);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_programs_key_with_another_image_class_or_person_is_refused_and_nothing_is_stored()
    {
        using var pat = await _server.ProgramAsync("pat", All);
        using var ada = await _server.ProgramAsync("ada", All);
        var held = await HeldAsync("pat", 2);
        var adas = await HeldAsync("ada", 1);

        Assert.Equal(HttpStatusCode.NoContent, (await AnswerAsync(pat, held[0], "a", $"{_key}")).StatusCode);
        foreach (var refused in new[] { await AnswerAsync(pat, held[1], "a", $"{_key}"), await AnswerAsync(pat, held[0], "b", $"{_key}"), await AnswerAsync(pat, held[0], "a", $"{_key}", seconds: 2), await AnswerAsync(ada, adas[0], "a", $"{_key}") })
        {
            await AssertKeyTakenAsync(refused);
        }

        // As the draft of the header writes it, and as others do.
        Assert.Equal(HttpStatusCode.NoContent, (await AnswerAsync(pat, held[0], "a", $"\"{_key.ToString().ToUpperInvariant()}\"")).StatusCode);
        Assert.Equal([(held[0], 0)], await StoredAsync());
    }

    [Theory]
    [InlineData("x")]
    [InlineData("")]
    [InlineData("\"\"")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("0f8fad5b-d9cb-469f-a165-70867728950e, 0f8fad5b-d9cb-469f-a165-70867728950e")]
    public async Task What_is_no_key_is_refused_with_a_sentence_wherever_a_program_may_send_one(string key)
    {
        using var ada = await _server.ProgramAsync("ada", All);
        var answers = new List<HttpResponseMessage> { await AnswerAsync(ada, (await HeldAsync("ada", 1))[0], "a", key) };
        foreach (var (what, body) in new (string, object)[] { ("rounds", new { }), ("imports", new { path = "/" }), ("exports", new { format = "Csv" }) })
        {
            answers.Add(await SendAsync(ada, what, body, key));
        }

        Assert.All(answers, answer => Assert.Equal((HttpStatusCode.BadRequest, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType)));
        foreach (var answer in answers)
        {
            Assert.StartsWith("The header 'Idempotency-Key' is", await DetailAsync(answer), StringComparison.Ordinal);
        }

        Assert.Empty(await StoredAsync());
    }

    [Fact]
    public async Task Rounds_imports_and_exports_start_once_for_the_same_request_and_not_at_all_for_another_under_its_key()
    {
        using var ada = await _server.ProgramAsync("ada", All);
        using var bea = await _server.ProgramAsync("bea", All);
        await LabelAsync(6);
        using var cells = new TemporaryFolder();
        cells.Add("a/C99thin_1.png", Pictures.Png(99));
        var requests = new (string What, object Body, object Other)[]
        {
            ("rounds", new { }, new { }), ("imports", new { path = cells.Path }, new { path = cells.Path, isDryRun = true }), ("exports", new { format = "Csv" }, new { format = "JsonLines" }),
        };
        foreach (var ((what, body, other), next) in requests.Zip(requests.Skip(1).Append(requests[0])))
        {
            var key = $"{Guid.NewGuid()}";
            var ids = new[] { await IdAsync(await SendAsync(ada, what, body, key)), await IdAsync(await SendAsync(ada, what, body, key)) };
            Assert.Equal(ids[0], ids[1]);
            await AssertKeyTakenAsync(await SendAsync(bea, what, body, key));
            await AssertKeyTakenAsync(await SendAsync(ada, next.What, next.Body, key));
            if (what != "rounds")
            {
                await AssertKeyTakenAsync(await SendAsync(ada, what, other, key));
            }
        }
    }

    [Fact]
    public async Task An_answer_that_a_page_sends_over_its_connection_and_then_over_HTTP_is_stored_once_and_another_under_its_key_is_not()
    {
        using var pat = await _server.BrowserAsync("pat");
        using var ada = await _server.BrowserAsync("ada");
        var held = await HeldAsync("pat", 2);
        var adas = await HeldAsync("ada", 1);
        var said = new { imageId = held[0], kind = "Label", classIndex = 1, elapsedMilliseconds = 900, clientKey = _key };
        var sent = new AnswerRequest(_project, held[0], await _server.UserIdAsync("pat"), AnswerKind.Label, 1, 900, _key);
        Assert.Null((await _server.Services.GetRequiredService<LabellingService>().AnswerAsync(sent, Cancellation)).Error);

        Assert.Equal(HttpStatusCode.NoContent, (await pat.PostAsJsonAsync($"/projects/{_project}/answers", said, Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await pat.PostAsJsonAsync($"/projects/{_project}/answers", said with { elapsedMilliseconds = 1500 }, Cancellation)).StatusCode);
        await AssertKeyTakenAsync(await pat.PostAsJsonAsync($"/projects/{_project}/answers", said with { imageId = held[1] }, Cancellation));
        await AssertKeyTakenAsync(await pat.PostAsJsonAsync($"/projects/{_project}/answers", said with { classIndex = 0 }, Cancellation));
        await AssertKeyTakenAsync(await ada.PostAsJsonAsync($"/projects/{_project}/answers", said with { imageId = adas[0] }, Cancellation));
        await AssertKeyTakenAsync(await pat.PostAsJsonAsync($"/projects/{_project}/revisions", said, Cancellation));
        await AssertKeyTakenAsync(await ada.PostAsJsonAsync($"/projects/{_project}/decisions", said, Cancellation));
        var grid = new { classIndex = 1, confirmed = held, exceptions = Array.Empty<Guid>(), elapsedMilliseconds = 900, clientKey = _key };
        await AssertKeyTakenAsync(await pat.PostAsJsonAsync($"/projects/{_project}/grids", grid, Cancellation));
        Assert.Equal([(held[0], 1)], await StoredAsync());
    }

    [Fact]
    public async Task A_decision_that_is_neither_a_class_nor_unreadable_is_refused()
    {
        using var ada = await _server.BrowserAsync("ada");
        var read = (await HeldAsync("pat", 1))[0];
        await LabelAsync(1);

        foreach (var (kind, classIndex) in new (string, int?)[] { ("Label", null), ("Skip", null), ("Unreadable", 1), ("Undo", null) })
        {
            var refused = await ada.PostAsJsonAsync($"/projects/{_project}/decisions", new { imageId = read, kind, classIndex, elapsedMilliseconds = 1, clientKey = Guid.NewGuid() }, Cancellation);
            Assert.Equal((HttpStatusCode.Conflict, "A decision is a class or 'unreadable'."), (refused.StatusCode, await refused.Content.ReadAsStringAsync(Cancellation)));
        }
    }

    [Fact]
    public async Task An_uploaded_archive_is_imported_once_however_often_its_end_is_sent()
    {
        using var ada = await _server.BrowserAsync("ada");
        Assert.Equal(HttpStatusCode.OK, (await UploadAsync(ada, HttpMethod.Put, "upload", [1, 2, 3], ("Offset", "0"))).StatusCode);
        Task<HttpResponseMessage> EndAsync(string pattern) => UploadAsync(ada, HttpMethod.Post, "imports", null, ("Pattern", pattern), ("Key", $"{_key}"));

        Assert.Equal([HttpStatusCode.Accepted, HttpStatusCode.Accepted], [(await EndAsync(ImportService.DefaultPatientPattern)).StatusCode, (await EndAsync(ImportService.DefaultPatientPattern)).StatusCode]);
        await AssertKeyTakenAsync(await EndAsync("(?<patient>C[0-9])"));
        Assert.Single(await _server.Services.GetRequiredService<ImportService>().ListAsync(_project, Cancellation), import => import.IsUpload);
    }

    private async Task<List<Guid>> HeldAsync(string reader, int count) =>
        [.. (await _server.Services.GetRequiredService<LabellingService>().OpenAsync(_project, await _server.UserIdAsync(reader), count, Cancellation)).Images.Select(i => i.Id)];

    private async Task LabelAsync(int count)
    {
        var pat = await _server.UserIdAsync("pat");
        for (var i = 0; i < count; i++)
        {
            var request = new AnswerRequest(_project, (await HeldAsync("pat", 1))[0], pat, AnswerKind.Label, i % 2, 800, Guid.NewGuid());
            Assert.Null((await _server.Services.GetRequiredService<LabellingService>().AnswerAsync(request, Cancellation)).Error);
        }
    }

    private async Task<List<(Guid, int?)>> StoredAsync()
    {
        await using var db = _server.Services.GetRequiredService<IDbContextFactory<AppDbContext>>().CreateDbContext();
        return await db.LabelEvents.Select(e => ValueTuple.Create(e.ImageId, e.ClassIndex)).ToListAsync(Cancellation);
    }

    private Task<HttpResponseMessage> AnswerAsync(HttpClient program, Guid image, string @class, string key, double seconds = 1) =>
        SendAsync(program, "labels", new { image, kind = "Label", @class, seconds }, key);

    private async Task<HttpResponseMessage> SendAsync(HttpClient program, string what, object body, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/projects/{_project}/{what}") { Content = JsonContent.Create(body) };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        return await program.SendAsync(request, Cancellation);
    }

    private async Task<HttpResponseMessage> UploadAsync(HttpClient browser, HttpMethod method, string address, byte[]? part, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, $"/projects/{_project}/{address}") { Content = part is null ? null : new ByteArrayContent(part) };
        foreach (var (header, value) in ((string Name, string Value)[])[("Name", "cells.zip"), ("Size", "3"), ("Modified", "1"), .. headers])
        {
            request.Headers.Add($"X-SafeMedLabel-{header}", Uri.EscapeDataString(value));
        }

        return await browser.SendAsync(request, Cancellation);
    }

    private static async Task AssertKeyTakenAsync(HttpResponseMessage answer)
    {
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Equal("The key of this request came before with another request; every request needs a new key of its own.", await DetailAsync(answer));
    }

    private static async Task<int> IdAsync(HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancellation))!["id"]!.GetValue<int>();
    }

    private static async Task<string> DetailAsync(HttpResponseMessage answer) => JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancellation))!["detail"]!.GetValue<string>();
}
