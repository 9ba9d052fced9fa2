using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Exports;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Web.Tests.Abuse;

/// <summary>A closed project, its image and its round are shut to who has no role in it, however their keys are spelled in the address.</summary>
public sealed class SpelledAddressTests : IAsyncLifetime
{
    private const ApiScope AllScopes = ApiScope.Read | ApiScope.Label | ApiScope.Manage | ApiScope.Predict;

    private const int Large = 2200;

    private readonly TestServer _server = new();
    private int _project;
    private int _round;
    private Guid _image;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IEnumerable<RouteEndpoint> Endpoints => _server.Services.GetServices<EndpointDataSource>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>().Where(IsOfAProject);

    public async ValueTask InitializeAsync()
    {
        foreach (var role in Roles.All)
        {
            await _server.AddUserAsync(role.ToLowerInvariant(), role);
        }

        // Large enough to have tiles at every place that is asked for.
        (_project, _image) = await _server.AddImagesAsync(("a/C1thin_1.png", Pictures.Png(1, Large, Large)), ("b/C2thin_2.png", Pictures.Png(2, Large, Large)));
        Assert.Null((await _server.Services.GetRequiredService<MemberService>().SetClosedAsync(_project, isClosed: true, await _server.UserIdAsync("admin"), Cancellation)).Error);
        await using var db = _server.Services.GetRequiredService<IDbContextFactory<AppDbContext>>().CreateDbContext();
        var round = new Round { ProjectId = _project, Number = 1, Method = "safemed-ssl", State = RoundState.Completed };
        db.Rounds.Add(round);
        await db.SaveChangesAsync(Cancellation);
        _round = round.Id;
        db.TestPredictions.Add(new TestPrediction { RoundId = _round, ImageId = _image, ReferenceClass = 1, Probabilities = TestPrediction.Pack([0.97, 0.03]), Attribution = [0, 255, 0, 0] });
        var export = new DataExport { ProjectId = _project, Format = ExportFormat.Csv, RequestedById = "admin", State = ExportState.Completed };
        db.Exports.Add(export);
        await db.SaveChangesAsync(Cancellation);
        var storage = _server.Services.GetRequiredService<StorageOptions>();
        Directory.CreateDirectory(storage.ExportFolder);
        await File.WriteAllTextAsync(Path.Combine(storage.ExportFolder, export.FileName), "image\n", Cancellation);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task However_a_key_is_spelled_a_closed_project_is_shut()
    {
        var askers = new List<(string Name, HttpClient Client)>();
        foreach (var role in (string[])["pathologist", "lead"])
        {
            askers.Add(($"{role}'s browser", await _server.BrowserAsync(role)));
            askers.Add(($"{role}'s program", await ProgramAsync(role)));
        }

        var asked = 0;
        foreach (var endpoint in Endpoints)
        {
            foreach (var method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"])
            {
                for (var spelling = 0; spelling < NumberSpellings.Length; spelling++)
                {
                    var address = Fill(endpoint.RoutePattern, spelling);
                    foreach (var (name, client) in askers.Where(a => a.Name.EndsWith("program", StringComparison.Ordinal) == IsApi(endpoint)))
                    {
                        using var request = new HttpRequestMessage(new HttpMethod(method), address);
                        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
                        Assert.True(IsShut(answer), $"A {name} got {(int)answer.StatusCode} from {method} {address}.");
                        asked++;
                    }
                }
            }
        }

        Assert.InRange(asked, 800, 10_000);
    }

    [Fact]
    public async Task Each_address_that_is_tried_is_one_that_an_admin_finds_something_at()
    {
        using var browser = await _server.BrowserAsync("admin");
        using var program = await ProgramAsync("admin");
        List<string> empty = [];
        foreach (var endpoint in Endpoints.Where(e => e.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Contains("GET") != false))
        {
            var address = Fill(endpoint.RoutePattern, spelling: 0);
            using var answer = await (IsApi(endpoint) ? program : browser).GetAsync(address, HttpCompletionOption.ResponseHeadersRead, Cancellation);
            if (answer.StatusCode == HttpStatusCode.NotFound)
            {
                empty.Add(address.OriginalString);
            }
        }

        Assert.Empty(empty);
    }

    [Fact]
    public async Task What_is_of_two_projects_or_of_none_lets_in_nobody_but_admins()
    {
        var open = await _server.Services.GetRequiredService<Application.Datasets.ProjectService>().CreateAsync("Open", "Which?", Cancellation);
        using var lead = await _server.BrowserAsync("lead");
        using var program = await ProgramAsync("lead");
        using var admin = await ProgramAsync("admin");

        Assert.True(IsShut(await lead.GetAsync(new Uri($"/projects/{open.Value}/rounds/{_round}", UriKind.Relative), Cancellation)));
        Assert.True(IsShut(await lead.GetAsync(new Uri($"/projects/{open.Value}/rounds/{_round}/report", UriKind.Relative), Cancellation)));
        Assert.True(IsShut(await lead.GetAsync(new Uri("/projects/999", UriKind.Relative), Cancellation)));
        Assert.Equal(HttpStatusCode.Forbidden, (await program.GetAsync(new Uri($"/api/v1/projects/{open.Value}/images/{_image}/picture", UriKind.Relative), Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await program.GetAsync(new Uri("/api/v1/projects/999", UriKind.Relative), Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await admin.GetAsync(new Uri("/api/v1/projects/999", UriKind.Relative), Cancellation)).StatusCode);
    }

    /// <summary>Spellings of a number that some parser somewhere takes for it.</summary>
    private static readonly Func<int, string>[] NumberSpellings =
    [
        n => $"{n}", n => $"+{n}", n => $"%2B{n}", n => $"%20{n}", n => $"{n}%20", n => $"{n}%09", n => $"%0B{n}", n => $"0{n}", n => $"%0D%0A{n}", n => $"+0000{n}%20", n => $"{n}.0", n => $"{n}%E2%80%8B",
    ];

    /// <summary>And of a random key.</summary>
    private static readonly Func<Guid, string>[] KeySpellings =
    [
        g => $"{g}", g => $"{g:N}", g => $"%7B{g}%7D", g => $"({g})", g => g.ToString().ToUpperInvariant(), g => $"%20{g}", g => $"{g}%20", g => $"{g}%09", g => Uri.EscapeDataString($"{g:X}"),
    ];

    private static bool IsOfAProject(RouteEndpoint endpoint) =>
        endpoint.RoutePattern.Parameters.Any(p => p.Name.ToLowerInvariant() is "projectid" or "roundid" or "imageid") && endpoint.RoutePattern.RawText!.Contains(':', StringComparison.Ordinal);

    private static bool IsApi(RouteEndpoint endpoint) => endpoint.RoutePattern.RawText!.Contains("api/v1", StringComparison.Ordinal);

    private static bool IsShut(HttpResponseMessage answer) =>
        answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound
        || answer.Headers.Location?.OriginalString.Contains("/account/access-denied", StringComparison.Ordinal) == true;

    private Uri Fill(RoutePattern route, int spelling) => new(
        "/" + string.Join('/', route.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part switch
        {
            RoutePatternLiteralPart literal => literal.Content,
            RoutePatternParameterPart parameter => parameter.Name.ToLowerInvariant() switch
            {
                "projectid" => NumberSpellings[spelling](_project),
                "roundid" => NumberSpellings[spelling](_round),
                "imageid" => KeySpellings[spelling % KeySpellings.Length](_image),
                _ => 1.ToString(CultureInfo.InvariantCulture),
            },
            _ => throw new NotSupportedException("A part of a route that this test does not know."),
        })))),
        UriKind.Relative);

    private async Task<HttpClient> ProgramAsync(string name)
    {
        _server.StartServer();
        var key = await _server.Services.GetRequiredService<ApiKeyService>().CreateAsync(await _server.UserIdAsync(name), "Analyser", AllScopes, 30, Cancellation);
        var program = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = _server.ClientOptions.BaseAddress };
        program.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Value);
        return program;
    }
}
