using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Auditing;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Testing;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd.Abuse;

/// <summary>
/// The real server and its real worker, killed again and again while readers answer and an import runs. SAFEMED_KILL_ROUNDS says how often, and
/// SAFEMED_KILL_SEED at which moments; <c>tests/abuse/kill-loop.sh</c> goes on for hours.
/// </summary>
public sealed class KillLoopTests
{
    private const int Readers = 8;
    private const int Images = 250;
    private const int Cells = 1500;
    private const int MostAnswersBetween = 12;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(50);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task However_often_server_and_worker_are_killed_what_was_acknowledged_is_stored_once_and_an_import_doubles_and_loses_nothing()
    {
        var (rounds, random) = (Setting("SAFEMED_KILL_ROUNDS", 3), new Random(Setting("SAFEMED_KILL_SEED", 1)));
        using var cells = new TemporaryFolder();
        for (var i = 0; i < Cells; i++)
        {
            cells.Add($"{(i % 2 == 0 ? "a" : "b")}/C{i / 100}thin_{i}.png", Pictures.Png(i % 256, width: 40 + (i / 256)));
        }

        await using var workplace = await Workplace.CreateAsync();
        var (folder, keys) = await PrepareAsync(workplace, cells.Path);
        workplace.Storage.CloseDatabases();
        await using var server = await RunningServer.StartAsync(Cancellation, folder);
        var (sent, acknowledged) = (new ConcurrentDictionary<Guid, Answered>(), new ConcurrentDictionary<Guid, Answered>());
        using var end = new CancellationTokenSource();
        var reading = Task.WhenAll(keys.Select(key => Task.Run(
            () => ReadAsync(server.Address, key, sent, acknowledged, end.Token), Cancellation)));

        for (var round = 0; round < rounds; round++)
        {
            var (answers, images) = (acknowledged.Count + random.Next(1, MostAnswersBetween), random.Next(1, Cells));
            await UntilAsync(async () => reading.IsCompleted || (acknowledged.Count >= Math.Min(answers, Readers * Images) && await ImportedAsync(server) >= images));
            if (round % 2 == 0)
            {
                await server.KillAsync();
                await server.StartAgainAsync(Cancellation);
            }
            else
            {
                server.FindWorker()?.Kill();
            }
        }

        await UntilAsync(async () => reading.IsCompleted || (acknowledged.Count >= MostAnswersBetween && await HasImportEndedAsync(server)));
        await end.CancelAsync();
        await reading;
        await AssertStoredOnceAsync(server, sent, acknowledged);
        await AssertImportedOnceAsync(server, cells);
        await AssertWholeAsync(server);
    }

    /// <summary>A project with readers who have keys, images that each of them is to read, and an import that waits for the worker.</summary>
    private static async Task<(string Folder, string[] Keys)> PrepareAsync(Workplace workplace, string cells)
    {
        await workplace.ChangeAsync(p => p.ReadingsPerImage = Readers);
        await workplace.AddImagesAsync(Images);
        var admin = await workplace.AddUserAsync("Ada", Roles.Admin);
        var programs = new ApiKeyService(workplace.Get<IDbContextFactory<AppDbContext>>(), TimeProvider.System);
        var keys = new List<string>();
        for (var i = 0; i < Readers; i++)
        {
            var reader = await workplace.AddUserAsync($"reader-{i}", Roles.Pathologist);
            keys.Add((await programs.CreateAsync(reader, "kill loop", ApiScope.Label, days: 30, Cancellation)).Value!);
        }

        var other = await workplace.Get<ProjectService>().CreateAsync("Cells", "Which?", Cancellation);
        var request = ImportRequest.Of(other.Value, cells, ImportService.DefaultPatientPattern, admin, site: null);
        var import = await workplace.Get<ImportService>().StartAsync(request, Cancellation);
        Assert.Null(import.Error);
        return (workplace.Storage.FullRoot, [.. keys]);
    }

    /// <summary>A reader, who sends each answer again under its key until it is acknowledged, whatever becomes of the server.</summary>
    private static async Task ReadAsync(
        Uri address, string key, ConcurrentDictionary<Guid, Answered> sent, ConcurrentDictionary<Guid, Answered> acknowledged, CancellationToken end)
    {
        using var http = new HttpClient { BaseAddress = address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        for (var given = 0; !end.IsCancellationRequested; given++)
        {
            var queue = await InsistAsync(() => new HttpRequestMessage(HttpMethod.Post, "/api/v1/projects/1/next"), http);
            if (JsonNode.Parse(await queue.Content.ReadAsStringAsync(Cancellation))!["images"]!.AsArray() is [{ } next, ..])
            {
                var (clientKey, answer) = (Guid.NewGuid(), new Answered(next["id"]!.GetValue<Guid>(), given % 2));
                sent[clientKey] = answer;
                using var stored = await InsistAsync(
                    () => new HttpRequestMessage(HttpMethod.Post, "/api/v1/projects/1/labels")
                    {
                        Headers = { { "Idempotency-Key", $"{clientKey}" } },
                        Content = JsonContent.Create(
                            new { image = answer.Image, kind = "Label", @class = answer.Class == 0 ? "Parasitized" : "Uninfected", seconds = 0.8 }),
                    },
                    http);
                Assert.Equal(HttpStatusCode.NoContent, stored.StatusCode);
                acknowledged[clientKey] = answer;
            }

            await Task.Delay(Pace, Cancellation);
        }
    }

    private static async Task<HttpResponseMessage> InsistAsync(Func<HttpRequestMessage> request, HttpClient http)
    {
        while (true)
        {
            try
            {
                using var message = request();
                var answer = await http.SendAsync(message, Cancellation);
                if (answer.StatusCode < HttpStatusCode.InternalServerError)
                {
                    Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
                    return answer;
                }
            }
            catch (Exception gone) when (gone is HttpRequestException or IOException)
            {
                // It was killed, and is started again.
            }

            await Task.Delay(Pace, Cancellation);
        }
    }

    private static async Task AssertStoredOnceAsync(
        RunningServer server, ConcurrentDictionary<Guid, Answered> sent, ConcurrentDictionary<Guid, Answered> acknowledged)
    {
        await using var db = server.OpenDatabase();
        var stored = await db.LabelEvents.Where(e => e.ProjectId == 1)
            .Select(e => new { e.ClientKey, e.ReaderId, Answer = new Answered(e.ImageId, e.ClassIndex!.Value) }).ToListAsync(Cancellation);
        Assert.Equal(stored.Count, stored.DistinctBy(e => e.ClientKey).Count());
        Assert.Equal(stored.Count, stored.DistinctBy(e => (e.Answer.Image, e.ReaderId)).Count());
        Assert.Equal(stored.Count, await db.Answers.CountAsync(a => a.ProjectId == 1, Cancellation));
        var byKey = stored.ToDictionary(e => e.ClientKey, e => e.Answer);
        Assert.All(acknowledged, answer => Assert.Equal(answer.Value, byKey[answer.Key]));
        Assert.All(byKey, answer => Assert.Equal(answer.Value, sent[answer.Key]));
    }

    private static async Task AssertImportedOnceAsync(RunningServer server, TemporaryFolder cells)
    {
        await using var db = server.OpenDatabase();
        var import = await db.Imports.SingleAsync(i => i.ProjectId == 2, Cancellation);
        Assert.Equal((ImportState.Completed, Cells, 0), (import.State, import.Added + import.Duplicates, import.Rejected));
        var images = await db.Images.Where(i => i.ProjectId == 2).ToListAsync(Cancellation);
        Assert.Equal((Cells, Cells), (images.Count, images.DistinctBy(i => i.SourcePath).Count()));
        Assert.All(images, image => Assert.Equal(image.ContentHash, ContentStore.Hash(File.ReadAllBytes(cells.File(image.SourcePath)))));
    }

    /// <summary>The databases are sound, the trail is whole, and every image's file is what its name says.</summary>
    private static async Task AssertWholeAsync(RunningServer server)
    {
        var storage = new StorageOptions { Root = server.Folder };
        foreach (var file in (string[])[storage.DatabaseFile, storage.JobsDatabaseFile])
        {
            await using var database = new SqliteConnection($"Data Source={file};Pooling=False;Default Timeout=30");
            await database.OpenAsync(Cancellation);
            await using var check = database.CreateCommand();
            check.CommandText = "PRAGMA integrity_check";
            Assert.Equal("ok", await check.ExecuteScalarAsync(Cancellation));
        }

        var trail = await new AuditTrail(new Contexts(server), new AuditSeal(storage)).VerifyAsync(Cancellation);
        Assert.Empty(trail.Problems);
        await using var db = server.OpenDatabase();
        var store = new ContentStore(storage.ContentFolder);
        var hashes = await db.Images.Select(i => i.ContentHash).Distinct().ToListAsync(Cancellation);
        Assert.All(hashes, hash => Assert.Equal(hash, ContentStore.Hash(store.Open(hash).ReadWhole())));
        var files = Directory.GetFiles(storage.ContentFolder, new string('?', 64), SearchOption.AllDirectories);
        Assert.Equal(hashes.Order(), files.Select(Path.GetFileName).Order());
    }

    private static async Task<int> ImportedAsync(RunningServer server)
    {
        await using var db = server.OpenDatabase();
        return await HasImportEndedAsync(server) ? Cells : await db.Images.CountAsync(i => i.ProjectId == 2, Cancellation);
    }

    private static async Task<bool> HasImportEndedAsync(RunningServer server)
    {
        await using var db = server.OpenDatabase();
        return await db.Imports.AnyAsync(i => i.ProjectId == 2 && i.State != ImportState.Queued && i.State != ImportState.Running, Cancellation);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        while (!await condition())
        {
            await Task.Delay(10, Cancellation);
        }
    }

    private static int Setting(string name, int usually) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } given ? int.Parse(given, CultureInfo.InvariantCulture) : usually;

    private sealed record Answered(Guid Image, int Class);

    private sealed class Contexts(RunningServer server) : IDbContextFactory<AppDbContext>
    {
        public AppDbContext CreateDbContext() => server.OpenDatabase();
    }
}
