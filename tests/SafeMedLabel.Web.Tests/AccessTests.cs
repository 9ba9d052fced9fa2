using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Auditing;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Web.Tests;

/// <summary>Who gets what over HTTP: the real server, its real cookies.</summary>
public sealed class AccessTests : IAsyncLifetime
{
    private readonly TestServer _server = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _server.AddUserAsync("ada", Roles.Admin);
        await _server.AddUserAsync("pat", Roles.Pathologist);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("/")]
    [InlineData("/projects/1")]
    [InlineData("/admin/users")]
    [InlineData("/images/0d4f3c1e-5a3b-4b8f-9a51-6f2f3c1f0001")]
    [InlineData("/projects/1/rounds/1/report")]
    [InlineData("/rounds/1/attributions/0d4f3c1e-5a3b-4b8f-9a51-6f2f3c1f0001")]
    public async Task Whoever_is_not_signed_in_is_sent_to_sign_in(string address)
    {
        using var browser = await _server.BrowserAsync();

        var answer = await GetAsync(browser, address);

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.StartsWith("/login", answer.Headers.Location!.IsAbsoluteUri ? answer.Headers.Location.AbsolutePath : answer.Headers.Location.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_gets_an_image_that_no_browser_keeps()
    {
        var (_, image) = await _server.AddImageAsync();
        using var browser = await _server.BrowserAsync("pat");

        var answer = await GetAsync(browser, $"/images/{image}");

        Assert.Equal((HttpStatusCode.OK, "image/png", "no-store"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType, answer.Headers.CacheControl!.ToString()));
        Assert.NotEmpty(await answer.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.StartsWith("/account/access-denied", (await GetAsync(browser, $"/images/{Guid.NewGuid()}")).Headers.Location!.PathAndQuery, StringComparison.Ordinal);
        using var admin = await _server.BrowserAsync("ada");
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(admin, $"/images/{Guid.NewGuid()}")).StatusCode);
    }

    [Fact]
    public async Task Whoever_is_signed_out_everywhere_is_out_in_each_browser_while_others_stay_and_the_trail_says_so()
    {
        _server.Services.GetRequiredService<IOptions<SecurityStampValidatorOptions>>().Value.ValidationInterval = TimeSpan.Zero;
        using var desk = await _server.BrowserAsync("pat");
        using var home = await _server.BrowserAsync("pat");
        using var admin = await _server.BrowserAsync("ada");
        Assert.All([await GetAsync(desk, "/"), await GetAsync(home, "/"), await GetAsync(admin, "/")], answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));

        await using var scope = _server.Services.CreateAsyncScope();
        var accounts = scope.ServiceProvider.GetRequiredService<AccountService>();
        var pat = await _server.UserIdAsync("pat");
        Assert.Null((await accounts.EndSessionsAsync(pat, Cancellation)).Error);
        Assert.Equal("This account no longer exists.", (await accounts.EndSessionsAsync("nobody", Cancellation)).Error);

        Assert.All([await GetAsync(desk, "/"), await GetAsync(home, "/")], answer => Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode));
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(admin, "/")).StatusCode);
        using var again = await _server.BrowserAsync("pat");
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(again, "/")).StatusCode);
        await using var db = await _server.Services.GetRequiredService<IDbContextFactory<AppDbContext>>().CreateDbContextAsync(Cancellation);
        Assert.Equal($"account {pat}", (await db.AuditEntries.SingleAsync(e => e.Action == AuditAction.SessionsEnded, Cancellation)).Subject);
    }

    [Fact]
    public async Task A_session_that_is_ended_is_out_and_the_persons_others_stay_and_signing_out_ends_it()
    {
        _server.Services.GetRequiredService<IOptions<SecurityStampValidatorOptions>>().Value.ValidationInterval = TimeSpan.Zero;
        var sessions = _server.Services.GetRequiredService<SessionService>();
        var pat = await _server.UserIdAsync("pat");
        using var desk = await _server.BrowserAsync("pat");
        var first = Assert.Single(await sessions.ListAsync(pat, Cancellation)).Id;
        using var home = await _server.BrowserAsync("pat");
        Assert.All([await GetAsync(desk, "/"), await GetAsync(desk, "/"), await GetAsync(home, "/")], answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Equal(2, (await sessions.ListAsync(pat, Cancellation)).Count);

        await sessions.EndAsync(pat, first, Cancellation);

        Assert.Equal((HttpStatusCode.Redirect, HttpStatusCode.OK), ((await GetAsync(desk, "/")).StatusCode, (await GetAsync(home, "/")).StatusCode));
        Assert.Equal(HttpStatusCode.Redirect, (await TestServer.PostFormAsync(home, "/account/signed-out", "sign-out")).StatusCode);
        Assert.Empty(await sessions.ListAsync(pat, Cancellation));
    }

    [Fact]
    public async Task Who_changes_their_password_stays_in_their_session_and_is_out_of_the_others()
    {
        _server.Services.GetRequiredService<IOptions<SecurityStampValidatorOptions>>().Value.ValidationInterval = TimeSpan.Zero;
        using var desk = await _server.BrowserAsync("pat");
        using var home = await _server.BrowserAsync("pat");

        await TestServer.PostFormAsync(desk, "/account/password", "password", ("Input.Old", TestServer.Password), ("Input.New", "another horse battery"), ("Input.Confirm", "another horse battery"));

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Redirect), ((await GetAsync(desk, "/")).StatusCode, (await GetAsync(home, "/")).StatusCode));
        Assert.Single(await _server.Services.GetRequiredService<SessionService>().ListAsync(await _server.UserIdAsync("pat"), Cancellation));
    }

    [Fact]
    public async Task Who_is_invited_chooses_a_password_and_is_in_and_nobody_else_gets_in_by_the_same_link()
    {
        string secret;
        await using (var scope = _server.Services.CreateAsyncScope())
        {
            secret = (await scope.ServiceProvider.GetRequiredService<InvitationService>().InviteAsync("sam@example.org", Roles.Lead, await _server.UserIdAsync("ada"), Cancellation)).Value!;
        }

        using var sam = await _server.BrowserAsync();
        using var other = await _server.BrowserAsync();
        (string, string)[] form = [("Input.DisplayName", "Sam"), ("Input.Password", TestServer.Password), ("Input.Confirm", TestServer.Password)];
        Assert.Contains("sam@example.org", await (await GetAsync(sam, $"/join?code={secret}")).Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Contains("does not count", await (await GetAsync(other, "/join?code=guessed")).Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.Redirect, (await TestServer.PostFormAsync(sam, $"/join?code={secret}", "join", form)).StatusCode);

        Assert.Equal(HttpStatusCode.OK, (await GetAsync(sam, "/")).StatusCode);
        Assert.Contains("does not count", await (await GetAsync(other, $"/join?code={secret}")).Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        var entries = await _server.Services.GetRequiredService<AuditTrail>().ListAsync(new AuditFilter(), cancellationToken: Cancellation);
        Assert.Equal([(AuditAction.SignedIn, "Sam"), (AuditAction.RoleGiven, "the program"), (AuditAction.AccountCreated, "the program"), (AuditAction.Invited, "ada")], entries.Take(4).Select(e => (e.Action, e.Actor)));
    }

    [Fact]
    public async Task An_unknown_address_says_so_in_a_page()
    {
        using var browser = await _server.BrowserAsync("pat");

        var answer = await GetAsync(browser, "/no/such/page");

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains("<html", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_admins_upload_comes_in_parts_and_is_queued_under_its_name_and_a_pathologists_is_not()
    {
        var (project, _) = await _server.AddImageAsync();
        using var pathologist = await _server.BrowserAsync("pat");
        using var admin = await _server.BrowserAsync("ada");

        var refused = await UploadAsync(pathologist, HttpMethod.Put, project, "upload", "cells.zip", [1, 2], ("Offset", "0"));
        Assert.Equal((HttpStatusCode.Forbidden, null), (refused.StatusCode, refused.Headers.Location));

        const string name = "Zellen – Süd.zip";
        Assert.Equal("0", await TextAsync(await UploadAsync(admin, HttpMethod.Get, project, "upload", name)));
        Assert.Equal("2", await TextAsync(await UploadAsync(admin, HttpMethod.Put, project, "upload", name, [1, 2], ("Offset", "0"))));
        Assert.Equal(HttpStatusCode.Conflict, (await UploadAsync(admin, HttpMethod.Put, project, "upload", name, [1, 2], ("Offset", "0"))).StatusCode);
        Assert.Equal("2", await TextAsync(await UploadAsync(admin, HttpMethod.Get, project, "upload", name)));
        Assert.Equal("3", await TextAsync(await UploadAsync(admin, HttpMethod.Put, project, "upload", name, [3], ("Offset", "2"))));
        Assert.Equal(HttpStatusCode.Accepted, (await UploadAsync(admin, HttpMethod.Post, project, "imports", name, null, ("Pattern", PatientPattern.Default.ToString()))).StatusCode);

        var newest = (await _server.Services.GetRequiredService<ImportService>().ListAsync(project, Cancellation))[0];
        Assert.Equal((name, true), (newest.SourceName, newest.IsUpload));
        Assert.Equal([1, 2, 3], await File.ReadAllBytesAsync(newest.SourcePath, Cancellation));
    }

    [Fact]
    public async Task A_refused_upload_is_told_in_a_sentence_and_one_of_another_sites_form_is_none()
    {
        var (project, _) = await _server.AddImageAsync();
        using var admin = await _server.BrowserAsync("ada");

        Assert.Equal("3", await TextAsync(await UploadAsync(admin, HttpMethod.Put, project, "upload", "cells.zip", [1, 2, 3], ("Offset", "0"))));
        var refused = await UploadAsync(admin, HttpMethod.Post, project, "imports", "cells.zip", null, ("Pattern", "("));
        var forged = await admin.PostAsync(new Uri($"/projects/{project}/imports", UriKind.Relative), new ByteArrayContent([1]), Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("no valid regular expression", await TextAsync(refused), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, forged.StatusCode);
    }

    [Fact]
    public async Task An_answer_over_HTTP_is_stored_once_for_its_reader_and_refused_with_a_sentence_where_they_do_not_hold_the_image()
    {
        var (project, _) = await _server.AddImageAsync();
        using var pathologist = await _server.BrowserAsync("pat");
        using var other = await _server.BrowserAsync("ada");
        var reader = _server.Services.GetRequiredService<LabellingService>();
        var held = (await reader.OpenAsync(project, await _server.UserIdAsync("pat"), 1, Cancellation)).Images[0].Id;
        var answer = new { imageId = held, kind = "Label", classIndex = 1, elapsedMilliseconds = 900, clientKey = Guid.NewGuid() };

        var replies = new[] { await AnswerAsync(pathologist, project, answer), await AnswerAsync(pathologist, project, answer) };
        var refused = await AnswerAsync(other, project, answer with { clientKey = Guid.NewGuid() });

        Assert.All(replies, reply => Assert.Equal(HttpStatusCode.NoContent, reply.StatusCode));
        Assert.Equal(1, (await reader.ProgressAsync(project, Cancellation)).Labelled);
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Equal("This image was handed to a colleague meanwhile; your answer was not stored.", await refused.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task An_answer_over_HTTP_that_cannot_be_stored_is_to_be_sent_again_and_then_stored_once()
    {
        var (project, _) = await _server.AddImageAsync();
        using var pathologist = await _server.BrowserAsync("pat");
        var reader = _server.Services.GetRequiredService<LabellingService>();
        var held = (await reader.OpenAsync(project, await _server.UserIdAsync("pat"), 1, Cancellation)).Images[0].Id;
        var answer = new { imageId = held, kind = "Label", classIndex = 1, elapsedMilliseconds = 900, clientKey = Guid.NewGuid() };
        _server.Storage.IsReadOnly = true;

        var postponed = await AnswerAsync(pathologist, project, answer);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, postponed.StatusCode);
        Assert.StartsWith("Nothing can be stored at the moment: the storage can only be read.", await postponed.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        _server.Storage.IsReadOnly = false;
        Assert.Equal(HttpStatusCode.NoContent, (await AnswerAsync(pathologist, project, answer)).StatusCode);
        Assert.Equal(1, (await reader.ProgressAsync(project, Cancellation)).Labelled);
    }

    [Fact]
    public async Task An_answer_over_HTTP_is_taken_neither_from_a_stranger_nor_from_another_sites_form_and_a_decision_not_from_a_pathologist()
    {
        var (project, image) = await _server.AddImageAsync();
        using var stranger = await _server.BrowserAsync();
        using var pathologist = await _server.BrowserAsync("pat");
        var answer = new { imageId = image, kind = "Label", classIndex = 1, elapsedMilliseconds = 900, clientKey = Guid.NewGuid() };
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["imageId"] = image.ToString(), ["kind"] = "Label", ["classIndex"] = "1" });

        Assert.NotEqual(HttpStatusCode.NoContent, (await AnswerAsync(stranger, project, answer)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await pathologist.PostAsync(new Uri($"/projects/{project}/answers", UriKind.Relative), form, Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await AnswerAsync(pathologist, project, new { kind = "Nonsense" })).StatusCode);
        Assert.NotEqual(HttpStatusCode.NoContent, (await pathologist.PostAsJsonAsync($"/projects/{project}/decisions", answer, Cancellation)).StatusCode);
        Assert.Equal(0, (await _server.Services.GetRequiredService<LabellingService>().ProgressAsync(project, Cancellation)).Labelled);
    }

    [Fact]
    public async Task Who_signs_in_and_whose_password_was_wrong_stands_in_the_trail_and_a_strangers_address_does_not()
    {
        using var browser = await _server.BrowserAsync("pat");
        using var stranger = await _server.BrowserAsync();
        Assert.False(await TestServer.SignInAsync(stranger, "pat", "wrong horse battery"));
        Assert.False(await TestServer.SignInAsync(stranger, "secret typed into the wrong field", "wrong horse battery"));

        await _server.Services.GetRequiredService<RefusedSignIns>().WriteAsync(all: true, Cancellation);
        var entries = await _server.Services.GetRequiredService<AuditTrail>().ListAsync(new AuditFilter(), cancellationToken: Cancellation);
        Assert.Equal([(AuditAction.SignInRefused, "the program"), (AuditAction.SignInRefused, "the program"), (AuditAction.SignedIn, "pat")], entries.Take(3).Select(e => (e.Action, e.Actor)));
        Assert.Equal(["an address without an account", "account of pat", "account of pat"], entries.Take(3).Select(e => e.Subject));
        Assert.DoesNotContain(entries, e => e.Subject.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Set_up_is_closed_once_there_is_an_account()
    {
        using var browser = await _server.BrowserAsync();

        Assert.DoesNotContain("setup-form", await browser.GetStringAsync(new Uri("/setup", UriKind.Relative), Cancellation), StringComparison.Ordinal);
    }

    private static Task<HttpResponseMessage> GetAsync(HttpClient browser, string address) => browser.GetAsync(new Uri(address, UriKind.Relative), Cancellation);

    private static Task<HttpResponseMessage> AnswerAsync<T>(HttpClient browser, int project, T answer) =>
        browser.PostAsJsonAsync($"/projects/{project}/answers", answer, Cancellation);

    /// <summary>As the import page's script sends it, of a file of three bytes.</summary>
    private static async Task<HttpResponseMessage> UploadAsync(HttpClient browser, HttpMethod method, int project, string address, string name, byte[]? part = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, $"/projects/{project}/{address}") { Content = part is null ? null : new ByteArrayContent(part) };
        foreach (var (header, value) in ((string Name, string Value)[])[("Name", name), ("Size", "3"), ("Modified", "1"), .. headers])
        {
            request.Headers.Add($"X-SafeMedLabel-{header}", Uri.EscapeDataString(value));
        }

        return await browser.SendAsync(request, Cancellation);
    }

    private static Task<string> TextAsync(HttpResponseMessage answer) => answer.Content.ReadAsStringAsync(Cancellation);
}
