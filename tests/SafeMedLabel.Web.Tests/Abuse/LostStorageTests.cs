using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Web.Tests.Abuse;

/// <summary>What browsers, programs and monitors are told where a disk has lost or changed what the server keeps.</summary>
public sealed class LostStorageTests : IAsyncLifetime
{
    private readonly TestServer _server = new();
    private int _project;
    private Guid _image;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _server.AddUserAsync("lea", Roles.Lead);
        (_project, _image) = await _server.AddImageAsync();
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_image_whose_file_is_lost_is_gone_in_a_sentence_for_browsers_and_programs_and_an_alarm(bool isMissing)
    {
        await LoseAsync(isMissing);
        var sentence = $"The file of this image is {(isMissing ? "missing from" : "damaged in")} the storage. An admin must restore it from a backup or import it again; until then, skip it.";
        using var browser = await _server.BrowserAsync("lea");
        var shown = await browser.GetAsync(new Uri($"/images/{_image}", UriKind.Relative), Cancellation);
        Assert.Equal((HttpStatusCode.Gone, sentence), (shown.StatusCode, await shown.Content.ReadAsStringAsync(Cancellation)));

        using var program = await ProgramAsync();
        var picture = await program.GetAsync(new Uri($"/api/v1/projects/{_project}/images/{_image}/picture", UriKind.Relative), Cancellation);
        Assert.Equal((HttpStatusCode.Gone, sentence), (picture.StatusCode, JsonNode.Parse(await picture.Content.ReadAsStringAsync(Cancellation))!["detail"]!.GetValue<string>()));
        Assert.Equal(AlarmKind.LostFile, Assert.Single(await _server.Services.GetRequiredService<AlarmService>().ListAsync(_project, Cancellation)).Kind);
    }

    [Fact]
    public async Task A_server_whose_database_is_damaged_is_not_ready()
    {
        using var browser = await _server.BrowserAsync("lea");
        var watch = _server.Services.GetRequiredService<StorageWatch>();
        while (!watch.HasLooked)
        {
            await Task.Delay(5, Cancellation);
        }

        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync(new Uri("/health/ready", UriKind.Relative), Cancellation)).StatusCode);
        DamageTable("WebhookMessages");
        await _server.Services.GetRequiredService<DatabaseCheck>().CheckAsync(Cancellation);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await browser.GetAsync(new Uri("/health/ready", UriKind.Relative), Cancellation)).StatusCode);
    }

    private async Task LoseAsync(bool isMissing)
    {
        await using var db = await _server.Services.GetRequiredService<IDbContextFactory<AppDbContext>>().CreateDbContextAsync(Cancellation);
        var hash = await db.Images.Where(i => i.Id == _image).Select(i => i.ContentHash).SingleAsync(Cancellation);
        var path = _server.Services.GetRequiredService<ContentStore>().Open(hash).Path!;
        File.Delete(path);
        if (!isMissing)
        {
            await File.WriteAllBytesAsync(path, Pictures.Png(200), Cancellation);
        }
    }

    private async Task<HttpClient> ProgramAsync()
    {
        var program = await _server.BrowserAsync();
        var key = await _server.Services.GetRequiredService<ApiKeyService>().CreateAsync(await _server.UserIdAsync("lea"), "test", ApiScope.Read, 1, Cancellation);
        program.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Value);
        return program;
    }

    private void DamageTable(string table)
    {
        var file = Path.Combine(_server.Root, "safemedlabel.db");
        long page;
        using (var connection = new SqliteConnection($"Data Source={file};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
            command.ExecuteNonQuery();
            command.CommandText = $"SELECT rootpage FROM sqlite_master WHERE type = 'table' AND name = '{table}'";
            page = (long)command.ExecuteScalar()!;
        }

        using var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        stream.Position = (page - 1) * 4096;
        stream.Write([.. Enumerable.Repeat((byte)0x5A, 4096)]);
    }
}
