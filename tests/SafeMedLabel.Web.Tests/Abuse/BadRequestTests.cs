using System.Globalization;
using System.Net;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.AspNetCore.StaticAssets;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Labelling;

namespace SafeMedLabel.Web.Tests.Abuse;

/// <summary>
/// Whatever an address is sent: it does what it does, or refuses with a sentence. It never fails, and never says what an exception says. The seed that a
/// failure names sends the same again as SAFEMED_BAD_REQUEST_SEED; SAFEMED_BAD_REQUEST_RUNS sends more.
/// </summary>
public sealed partial class BadRequestTests : IAsyncLifetime
{
    private const ApiScope All = ApiScope.Read | ApiScope.Label | ApiScope.Manage | ApiScope.Predict;

    /// <summary>So many requests for each way to ask a script's endpoint, of which other requests have less to say.</summary>
    private const int ToScripts = 6;

    private const int MostShown = 8;

    private static readonly string[] Numbers =
    [
        "0", "1", "-1", "2", "2147483647", "2147483648", "-2147483648", "9223372036854775807", "9223372036854775808", "99999999999999999999999", "+1", "%201", "1%09", "01", "1.0", "1e3", "1e400", "NaN", "x", "%25", "..%2F",
    ];

    private static readonly string[] Texts =
    [
        "", "null", "true", "{}", "0001-01-01", "9999-12-31", "9999-12-30", "2026-02-30", "10000-01-01", "-0001-01-01", "Training", "Csv", "99", "-99", "%27%22%3B--", "%ED%A0%80", "%FF", "%E2%80%AE", new string('x', 3000),
        "%3Cscript%3E", "00000000-0000-0000-0000-000000000000", "%2F%2Fexample.org", "%0D%0ASet-Cookie:x", "=1", "%01%02",
    ];

    private static readonly string[] Values =
    [
        "null", "{}", "[]", "[null]", "[[]]", "\"\"", "\"x\"", "true", "0", "-1", "1", "2", "2147483648", "-2147483649", "1e400", "-1e400", "1.5", "NaN", "\"NaN\"", "\"Infinity\"", "99999999999999999999999999", "\"\\ud800\"",
        "\"\\u0000\"", "\"Label\"", "\"Undo\"", "\"Skip\"", "\"Label, Skip\"", "\"99\"", "\"Csv\"", "\"/\"", "\"/\\u0000\"", "\"http://[\"", "\"http://127.0.0.1:1/x.zip\"", "\"(\"", "\"00000000-0000-0000-0000-000000000000\"", "\"\\u202e\"", "[\"x\",1]",
        "{\"a\":1}", "9007199254740993", "86400", "-0.0", "1e-400",
    ];

    private static readonly string[] Bodies =
    [
        "", " ", "null", "[]", "{}", "[{}]", "1", "\"x\"", "{", "{\"\":1}", "{\"a\":}", "{\"a\":1,}", "// no", "\0", "\uFEFF{}", "NaN", "{\"__proto__\":{}}", "{\"$type\":\"System.Object\"}", "{\"$ref\":\"1\"}",
        $"{string.Concat(Enumerable.Repeat("[", 20_000))}", string.Concat(Enumerable.Repeat("{\"a\":", 5000)), $"{{\"clientKey\":\"{new string('x', 60_000)}\"}}", new string(' ', 70_000),
    ];

    private static readonly string[] Types = ["application/json", "application/json", "application/json", "application/json; charset=utf-16", "application/json; charset=bogus", "application/json; charset=utf-7", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"];

    private static readonly string[] Headers =
    [
        "Idempotency-Key", "If-None-Match", "If-Modified-Since", "Range", "Accept", "Accept-Language", "Content-Encoding", "X-SafeMedLabel-Name", "X-SafeMedLabel-Size", "X-SafeMedLabel-Modified", "X-SafeMedLabel-Offset",
        "X-SafeMedLabel-Pattern", "X-SafeMedLabel-Site", "X-SafeMedLabel-Patch-Size", "X-SafeMedLabel-Key", "X-SafeMedLabel-Dry-Run", "X-Forwarded-Proto", "X-HTTP-Method-Override",
    ];

    private static readonly string[] HeaderValues =
    [
        "0", "1", "3", "-1", "2147483648", "4294967808", "9223372036854775807", "99999999999999999999", "x", "", "*", "W/\"x\"", "bytes=0-", "bytes=9-1", "bytes=-99999999999999999999", "cells.zip", "%ED%A0%80", "%", "(", "(?<patient>.*)", "(?<patient>(a+)+$)",
        "00000000-0000-0000-0000-000000000000", "0f8fad5b-d9cb-469f-a165-70867728950e", "\"0f8fad5b-d9cb-469f-a165-70867728950e\"", "0f8fad5b-d9cb-469f-a165-70867728950e, 1", new string('x', 2000), "text/html", "gzip",
    ];

    private readonly TestServer _server = new();
    private HttpClient _browser = null!;
    private HttpClient _other = null!;
    private HttpClient _program = null!;
    private int _project;
    private Guid _image;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        foreach (var setting in (string[])["Api:RequestsPerMinute", "Api:PredictionsPerMinute", "Uploads:RequestsPerMinute"])
        {
            _server.Settings[setting] = "1000000";
        }

        await _server.AddUserAsync("ada", Roles.Admin);
        await _server.AddUserAsync("eve", Roles.Admin);
        (_project, _image) = await _server.AddImageAsync();
        (_browser, _other, _program) = (await _server.BrowserAsync("ada"), await _server.BrowserAsync("eve"), await _server.ProgramAsync("ada", All));
    }

    public async ValueTask DisposeAsync()
    {
        _browser.Dispose();
        _other.Dispose();
        _program.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public void However_bad_a_request_is_it_is_refused_with_a_sentence_and_nothing_fails() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(Setting("SAFEMED_BAD_REQUEST_RUNS") ?? 6),
        Prop.ForAll((Setting("SAFEMED_BAD_REQUEST_SEED") is { } given ? Gen.Constant(given) : Gen.Choose(0, int.MaxValue)).ToArbitrary(), seed => Task.Run(() => AskAllAsync(seed)).GetAwaiter().GetResult()));

    private async Task AskAllAsync(int seed)
    {
        var random = new Random(seed);
        var asked = 0;
        var failures = new List<string>();
        foreach (var endpoint in _server.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().Where(e => e.Metadata.GetMetadata<StaticAssetDescriptor>() is null))
        {
            foreach (var method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET", "POST"])
            {
                for (var i = IsForScripts(endpoint) ? ToScripts : 1; i > 0; i--)
                {
                    asked++;
                    if (await AskAsync(endpoint, method, random) is { } failure)
                    {
                        failures.Add(failure);
                    }
                }
            }
        }

        Assert.InRange(asked, 200, 2000);
        Assert.True(failures.Count == 0, $"With the seed {seed}, {failures.Count} of {asked}:\n{string.Join("\n\n", failures.Take(MostShown))}");
    }

    /// <summary>Sends one bad request; returns it with its answer where that is not as it should be.</summary>
    private async Task<string?> AskAsync(RouteEndpoint endpoint, string method, Random random)
    {
        var address = $"{Fill(endpoint, random)}?{string.Join('&', Queries(endpoint).Where(_ => random.Next(2) == 0).Select(name => $"{name}={Pick(random, random.Next(2) == 0 ? Numbers : Texts)}"))}";
        var body = method == "GET" ? null : Body(endpoint, random);
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(address, UriKind.Relative)) { Content = body is null ? null : new ByteArrayContent(body) };
        if (request.Content is { } content)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", Pick(random, Types));
        }

        foreach (var header in Headers.Where(_ => random.Next(3) == 0))
        {
            request.Headers.TryAddWithoutValidation(header, Pick(random, HeaderValues));
        }

        // A connection of its own: the server ends one whose body it does not read, perhaps just when the next request is sent.
        request.Headers.ConnectionClose = true;
        // Wrong passwords lock the account that they are given for.
        var client = address.StartsWith("/api/v1/", StringComparison.Ordinal) ? _program : address.StartsWith("/account/passkeys/options", StringComparison.Ordinal) ? _other : _browser;
        using var answer = await client.SendAsync(request, Cancellation);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        var what = $"{method} {address}\n{string.Join('\n', request.Headers.Select(h => $"{h.Key}: {string.Join(", ", h.Value)}"))}\n{Show(body)}\n→ {(int)answer.StatusCode} {answer.Content.Headers.ContentType}\n{text[..Math.Min(text.Length, 500)]}";

        // A script that came with the program names exceptions of its own.
        var leaks = answer.Content.Headers.ContentType?.MediaType != "text/javascript" && Leaks().IsMatch(text);
        if (leaks || ((int)answer.StatusCode >= 500 && answer is not { StatusCode: HttpStatusCode.ServiceUnavailable, Headers.RetryAfter: not null }))
        {
            return what;
        }

        // What the network's server refuses itself comes without a body, and an address that is none is not this endpoint's.
        if (IsForScripts(endpoint) && (int)answer.StatusCode >= 400 && answer.Headers.Contains("X-Content-Type-Options")
            && (client == _program || answer.StatusCode is not (HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed)))
        {
            var sentence = answer.Content.Headers.ContentType?.MediaType == "application/problem+json" ? JsonNode.Parse(text)!["detail"]?.GetValue<string>() : text.Trim('"');
            return sentence?.EndsWith('.') == true && !sentence.StartsWith('<') ? null : what;
        }

        return null;
    }

    private static int? Setting(string name) => int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static bool IsForScripts(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<IRequestSizeLimitMetadata>() is not null;

    private string Fill(RouteEndpoint endpoint, Random random) => "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part switch
    {
        RoutePatternLiteralPart literal => literal.Content,
        RoutePatternParameterPart { Name: "imageId" } => random.Next(4) > 0 ? _image.ToString() : Pick(random, [Guid.Empty.ToString(), _image.ToString("B"), _image.ToString("N"), "x", "1"]),
        RoutePatternParameterPart parameter when parameter.Name.EndsWith("projectId", StringComparison.OrdinalIgnoreCase) && random.Next(4) > 0 => _project.ToString(CultureInfo.InvariantCulture),
        _ => Pick(random, Numbers),
    }))));

    /// <summary>What it takes in its query, as its code says it, and what anybody may put there.</summary>
    private static IEnumerable<string> Queries(RouteEndpoint endpoint) =>
        [.. endpoint.Metadata.GetMetadata<MethodInfo>()?.GetParameters().Where(p => p.ParameterType.IsValueType || p.ParameterType == typeof(string)).Select(p => p.Name!) ?? [], "returnUrl", "code", "id"];

    /// <summary>Nonsense, or what it takes with some of it wrong.</summary>
    private byte[] Body(RouteEndpoint endpoint, Random random)
    {
        if (endpoint.Metadata.GetMetadata<IAcceptsMetadata>()?.RequestType is not { } type || type == typeof(Stream) || random.Next(4) == 0)
        {
            return random.Next(8) == 0 ? [0xFF, 0xFE, 0x7B, 0xC0] : Encoding.UTF8.GetBytes(Pick(random, Bodies));
        }

        var properties = type.GetProperties().Where(p => p.CanRead).ToList();
        return Encoding.UTF8.GetBytes($"{{{string.Join(',', properties.SelectMany(p => Enumerable.Repeat(p, random.Next(12) switch { 0 => 0, 1 => 2, _ => 1 }))
            .Select(p => $"\"{JsonNamingPolicy.CamelCase.ConvertName(p.Name)}\":{(random.Next(5) > 0 ? Good(p.PropertyType) : Pick(random, Values))}"))}}}");
    }

    private string Good(Type type) => type switch
    {
        _ when type == typeof(Guid) => $"\"{_image}\"",
        _ when type == typeof(IReadOnlyList<Guid>) => $"[\"{_image}\"]",
        _ when type == typeof(AnswerKind) => "\"Label\"",
        { IsEnum: true } => $"\"{Enum.GetNames(type)[0]}\"",
        _ when type == typeof(string) => "\"a\"",
        _ when type == typeof(bool) => "true",
        _ => "1",
    };

    private static string Show(byte[]? body) => body is null ? "" : Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 400)));

    private static string Pick(Random random, string[] pool) => pool[random.Next(pool.Length)];

    [GeneratedRegex(@"\w+Exception\b|^\s+at \w+\.|StackTrace|Failed to bind|could not be converted|LineNumber", RegexOptions.Multiline)]
    private static partial Regex Leaks();
}
