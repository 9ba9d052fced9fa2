using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.AspNetCore.StaticAssets;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;

namespace SafeMedLabel.Web.Tests;

/// <summary>Every address of the server, and who is let in: what is not in this table is not in the server.</summary>
public sealed partial class RouteTableTests : IAsyncLifetime
{
    private const string Everyone = nameof(Everyone);

    /// <summary>Nobody by a cookie: whom a key lets in is the matter of <see cref="ApiTests"/>.</summary>
    private const string Programs = nameof(Programs);

    private static readonly string[] Askers = [Everyone, .. Roles.All];

    /// <summary>Route, and the least role that is let in. Files that came with the program are named by their folder.</summary>
    private static readonly Dictionary<string, string> Table = new()
    {
        ["/_content/*"] = Everyone,
        ["/_framework/*"] = Everyone,
        ["/api/favicon.svg"] = Everyone,
        ["/api/scalar.aspnetcore.js"] = Everyone,
        ["/api/scalar.js"] = Everyone,
        ["/api/{documentName?}"] = Roles.Pathologist,
        ["/error"] = Everyone,
        ["/health/live"] = Everyone,
        ["/health/ready"] = Everyone,
        ["/join"] = Everyone,
        ["/login"] = Everyone,
        ["/login/code"] = Everyone,
        ["/login/passkey-options"] = Everyone,
        ["/setup"] = Everyone,
        ["/"] = Roles.Pathologist,
        ["/_blazor"] = Roles.Pathologist,
        ["/_blazor/disconnect/"] = Roles.Pathologist,
        ["/_blazor/initializers/"] = Roles.Pathologist,
        ["/_blazor/negotiate"] = Roles.Pathologist,
        ["/_framework/opaque-redirect"] = Roles.Pathologist,
        ["/account/access-denied"] = Roles.Pathologist,
        ["/account/api-keys"] = Roles.Pathologist,
        ["/account/passkeys"] = Roles.Pathologist,
        ["/account/passkeys/options"] = Roles.Pathologist,
        ["/account/password"] = Roles.Pathologist,
        ["/account/sessions"] = Roles.Pathologist,
        ["/account/two-factor"] = Roles.Pathologist,
        ["/account/signed-out"] = Roles.Pathologist,
        ["/images/{imageId:guid}/"] = Roles.Pathologist,
        ["/images/{imageId:guid}/tiles"] = Roles.Pathologist,
        ["/images/{imageId:guid}/tiles/{level:int}/{column:int}/{row:int}"] = Roles.Pathologist,
        ["/not-found"] = Roles.Pathologist,
        ["/projects/{ProjectId:int}"] = Roles.Pathologist,
        ["/projects/{ProjectId:int}/grid"] = Roles.Pathologist,
        ["/projects/{ProjectId:int}/label"] = Roles.Pathologist,
        ["/projects/{projectId:int}/answers"] = Roles.Pathologist,
        ["/projects/{projectId:int}/grids"] = Roles.Pathologist,
        ["/projects/{projectId:int}/revisions"] = Roles.Pathologist,
        ["/{**path:file}"] = Roles.Pathologist,
        ["/projects/{ProjectId:int}/adjudicate"] = Roles.Lead,
        ["/projects/{ProjectId:int}/label-audit"] = Roles.Lead,
        ["/projects/{ProjectId:int}/leaks"] = Roles.Lead,
        ["/projects/{ProjectId:int}/next"] = Roles.Lead,
        ["/projects/{ProjectId:int}/access"] = Roles.Lead,
        ["/projects/{ProjectId:int}/readers"] = Roles.Lead,
        ["/projects/{ProjectId:int}/rounds/{RoundId:int}"] = Roles.Lead,
        ["/projects/{ProjectId:int}/rounds/{RoundId:int}/compare/{OtherId:int}"] = Roles.Lead,
        ["/projects/{ProjectId:int}/rounds/{RoundId:int}/silent-failures"] = Roles.Lead,
        ["/projects/{ProjectId:int}/settings"] = Roles.Lead,
        ["/projects/{ProjectId:int}/watch"] = Roles.Lead,
        ["/projects/{ProjectId:int}/webhooks"] = Roles.Lead,
        ["/projects/{projectId:int}/decisions"] = Roles.Lead,
        ["/projects/{projectId:int}/rounds/{roundId:int}/report"] = Roles.Lead,
        ["/rounds/{roundId:int}/attributions/{imageId:guid}"] = Roles.Lead,
        ["/admin/audit"] = Roles.Admin,
        ["/admin/audit/table"] = Roles.Admin,
        ["/admin/users"] = Roles.Admin,
        ["/projects/new"] = Roles.Admin,
        ["/projects/{ProjectId:int}/export"] = Roles.Admin,
        ["/projects/{ProjectId:int}/import"] = Roles.Admin,
        ["/projects/{projectId:int}/exports/{exportId:int}"] = Roles.Admin,
        ["/projects/{projectId:int}/imports"] = Roles.Admin,
        ["/projects/{projectId:int}/upload"] = Roles.Admin,
        ["/api/v1/projects"] = Programs,
        ["/api/v1/projects/{projectId:int}"] = Programs,
        ["/api/v1/projects/{projectId:int}/images"] = Programs,
        ["/api/v1/projects/{projectId:int}/images/{imageId:guid}/picture"] = Programs,
        ["/api/v1/projects/{projectId:int}/labels"] = Programs,
        ["/api/v1/projects/{projectId:int}/next"] = Programs,
        ["/api/v1/projects/{projectId:int}/predictions"] = Programs,
        ["/api/v1/projects/{projectId:int}/rounds"] = Programs,
        ["/api/v1/projects/{projectId:int}/rounds/{number:int}/metrics"] = Programs,
        ["/api/v1/projects/{projectId:int}/models"] = Programs,
        ["/api/v1/projects/{projectId:int}/imports"] = Programs,
        ["/api/v1/projects/{projectId:int}/exports"] = Programs,
        ["/api/v1/projects/{projectId:int}/exports/{exportId:int}/file"] = Programs,
        ["/api/v1/{**path}"] = Programs,
        ["/api/v1/openapi.json"] = Roles.Pathologist,
    };

    private readonly TestServer _server = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        foreach (var role in Roles.All)
        {
            await _server.AddUserAsync(role.ToLowerInvariant(), role);
        }
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Every_route_lets_in_whom_the_table_names_and_those_above_and_nobody_else()
    {
        var found = new HashSet<(string Route, string LetIn)>();
        await foreach (var (route, _, answers) in AskAllAsync())
        {
            found.Add((route, string.Join(", ", answers.Where(a => IsLetIn(a.Answer)).Select(a => a.Asker))));
        }

        Assert.Equal(
            Table.Select(row => $"{row.Key}: {string.Join(", ", Askers.SkipWhile(asker => asker != row.Value))}").Order(StringComparer.Ordinal),
            found.Select(f => $"{f.Route}: {f.LetIn}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task In_a_closed_project_every_route_lets_in_admins_alone()
    {
        var asked = 0;
        await foreach (var (route, method, answers) in AskAllAsync(isClosed: true))
        {
            if (Table[route] != Programs && OfAProject().IsMatch(route))
            {
                asked++;
                Assert.True(answers.TrueForAll(a => IsLetIn(a.Answer) == (a.Asker == Roles.Admin)), $"{method} {route}: {string.Join(", ", answers.Where(a => IsLetIn(a.Answer)).Select(a => a.Asker))}");
            }
        }

        Assert.InRange(asked, 30, 1000);
    }

    [Fact]
    public async Task Every_answer_has_the_security_headers()
    {
        await foreach (var (route, method, answers) in AskAllAsync())
        {
            Assert.All(answers, a => AssertSafe(a.Answer, $"{method} {route}"));
        }

        using var browser = await _server.BrowserAsync("admin");
        foreach (var address in (string[])["/assets/css/app.css", "/assets/no-such.css", "/no/such/page"])
        {
            AssertSafe(await browser.GetAsync(new Uri(address, UriKind.Relative), Cancellation), address);
        }
    }

    private static void AssertSafe(HttpResponseMessage answer, string of)
    {
        Assert.True(answer.Headers.TryGetValues("Content-Security-Policy", out var policies), $"{of} has no policy.");
        Assert.Contains(policies, policy => policy.Contains("default-src 'self'", StringComparison.Ordinal) && policy.Contains("frame-ancestors 'none'", StringComparison.Ordinal));
        Assert.Equal(["nosniff"], answer.Headers.GetValues("X-Content-Type-Options"));
        Assert.Equal(["same-origin"], answer.Headers.GetValues("Referrer-Policy"));
    }

    /// <summary>Asks each route by each of its methods, as a stranger first and then as the roles, the least first.</summary>
    private async IAsyncEnumerable<(string Route, string Method, List<(string Asker, HttpResponseMessage Answer)> Answers)> AskAllAsync(bool isClosed = false)
    {
        var (project, image) = await _server.AddImageAsync();
        if (isClosed)
        {
            Assert.Null((await _server.Services.GetRequiredService<MemberService>().SetClosedAsync(project, isClosed: true, await _server.UserIdAsync("admin"), Cancellation)).Error);
        }

        var values = new RouteValueDictionary { ["projectId"] = project, ["roundId"] = await AddRoundAsync(project), ["otherId"] = 1, ["exportId"] = 1, ["imageId"] = image, ["level"] = 0, ["column"] = 0, ["row"] = 0 };
        var browsers = new List<(string Asker, HttpClient Browser)>();
        foreach (var asker in Askers)
        {
            browsers.Add((asker, await _server.BrowserAsync(asker == Everyone ? null : asker.ToLowerInvariant())));
        }

        foreach (var (route, method, endpoint) in Routes())
        {
            var answers = new List<(string, HttpResponseMessage)>();
            foreach (var (asker, browser) in browsers)
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(Fill(endpoint, values), UriKind.Relative));
                answers.Add((asker, await browser.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation)));
            }

            yield return (route, method, answers);
        }
    }

    /// <summary>All routes by all their methods; of each folder of files one, for they are many and alike.</summary>
    private IEnumerable<(string Route, string Method, RouteEndpoint Endpoint)> Routes()
    {
        var all = _server.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().ToLookup(e => e.Metadata.GetMetadata<StaticAssetDescriptor>() is not null);
        var named = all[false].Select(endpoint => (Route: $"/{endpoint.RoutePattern.RawText!.TrimStart('/')}", Endpoint: endpoint))
            .Concat(all[true].Select(endpoint => (Route: $"/{endpoint.RoutePattern.RawText!.TrimStart('/').Split('/')[0]}/*", Endpoint: endpoint)).DistinctBy(file => file.Route));
        return from route in named
               from method in route.Endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET", "POST"]
               select (route.Route, method, route.Endpoint);
    }

    private static string Fill(RouteEndpoint endpoint, RouteValueDictionary values) => "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(segment =>
        string.Concat(segment.Parts.Select(part => part switch
        {
            RoutePatternParameterPart parameter => values.TryGetValue(parameter.Name, out var value) ? $"{value}" : "x",
            RoutePatternLiteralPart literal => literal.Content,
            _ => throw new NotSupportedException("A part of a route that this test does not know."),
        }))));

    /// <summary>What the server says of the request itself, such as that it is a bad one, it says to those who are let in.</summary>
    private static bool IsLetIn(HttpResponseMessage answer) => answer.StatusCode is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        && answer.Headers.Location?.OriginalString is var target
        && target?.Contains("/login", StringComparison.Ordinal) != true && target?.Contains("/account/access-denied", StringComparison.Ordinal) != true;

    [GeneratedRegex(@"\{(projectId|roundId|imageId)\b", RegexOptions.IgnoreCase)]
    private static partial Regex OfAProject();

    private async Task<int> AddRoundAsync(int project)
    {
        await using var db = _server.Services.GetRequiredService<IDbContextFactory<AppDbContext>>().CreateDbContext();
        var round = new Round { ProjectId = project, Number = 1, Method = "safemed-ssl", State = RoundState.Completed };
        db.Rounds.Add(round);
        await db.SaveChangesAsync(Cancellation);
        return round.Id;
    }
}
