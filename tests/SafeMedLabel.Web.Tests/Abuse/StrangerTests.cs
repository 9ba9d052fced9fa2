using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.StaticAssets;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Web.Tests.Abuse;

/// <summary>What a stranger learns and spoils by trying addresses and passwords.</summary>
public sealed partial class StrangerTests : IAsyncLifetime
{
    private const string Wrong = "wrong horse battery";
    private const int Tries = 8;

    private readonly TestServer _server = new();
    private readonly WorkCount _work = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _server.Replace = services =>
        {
            services.AddSingleton(_work);
            services.Replace(ServiceDescriptor.Scoped<IPasswordHasher<AppUser>, CountingHasher>());
            services.ConfigureDbContext<AppDbContext>(options => options.AddInterceptors(_work));
        };
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Nobody_can_tell_by_words_or_by_work_whether_an_address_is_an_accounts()
    {
        foreach (var name in (string[])["ada", "pat", "locked", "disabled"])
        {
            await _server.AddUserAsync(name, Roles.Admin);
        }

        await using (var scope = _server.Services.CreateAsyncScope())
        {
            Assert.Null((await scope.ServiceProvider.GetRequiredService<AccountService>().SetDisabledAsync(await _server.UserIdAsync("disabled"), disabled: true)).Error);
            Assert.Null((await scope.ServiceProvider.GetRequiredService<AccountService>().LinkAsync(new UserLoginInfo("https://hospital.example", "17", "oidc"), "hospital@example.org", "hospital", Roles.Pathologist)).Error);
        }

        using var stranger = await _server.BrowserAsync();
        for (var i = 0; i <= Tries; i++)
        {
            await TryAsync(stranger, "locked@example.org", Wrong);
        }

        await TryAsync(stranger, "nobody@example.org", Wrong);
        var known = await TryAsync(stranger, "pat@example.org", Wrong);

        Assert.Equal(1, known.Hashes);
        foreach (var (address, password) in new[]
        {
            ("nobody@example.org", Wrong),
            ("secret typed into the wrong field", Wrong),
            ("locked@example.org", Wrong),
            ("locked@example.org", TestServer.Password),
            ("disabled@example.org", Wrong),
            ("hospital@example.org", Wrong),
        })
        {
            var tried = await TryAsync(stranger, address, password);
            Assert.Equal((address, known.Hashes), (address, tried.Hashes));
            Assert.Equal($"{address}: {known.Commands}", $"{address}: {tried.Commands}");
            Assert.Equal($"{address}: {known.Answer}", $"{address}: {tried.Answer}");
        }
    }

    [Fact]
    public async Task Wrong_passwords_stop_neither_the_persons_keys_nor_the_hospitals_sign_on_and_a_disabled_accounts_keys_end_at_once()
    {
        await using var hospital = await SignOnServer.StartAsync();
        _server.Settings["OpenIdConnect:Authority"] = hospital.Authority;
        _server.Settings["OpenIdConnect:ClientSecret"] = "a secret of both";
        hospital.Person = new Dictionary<string, object> { ["sub"] = "17", ["name"] = "Pat", ["email"] = "pat@example.org", ["email_verified"] = true };
        await _server.AddUserAsync("ada", Roles.Admin);
        await _server.AddUserAsync("pat", Roles.Pathologist);
        var pat = await _server.UserIdAsync("pat");
        var key = (await _server.Services.GetRequiredService<ApiKeyService>().CreateAsync(pat, "script", ApiScope.Read, 1, Cancellation)).Value!;
        using var stranger = await _server.BrowserAsync();
        for (var i = 0; i < Tries; i++)
        {
            await TryAsync(stranger, "pat@example.org", Wrong);
        }

        Assert.False(await TestServer.SignInAsync(stranger, "pat", TestServer.Password));
        Assert.Equal(HttpStatusCode.OK, await ByKeyAsync(key));
        using (var browser = await _server.BrowserAsync())
        {
            var next = new Uri(browser.BaseAddress!, "/login/external");
            while ((await browser.GetAsync(next, Cancellation)).Headers.Location is { } location)
            {
                next = new Uri(next, location);
            }

            Assert.Equal("/", next.PathAndQuery);
        }

        await using var scope = _server.Services.CreateAsyncScope();
        Assert.Null((await scope.ServiceProvider.GetRequiredService<AccountService>().SetDisabledAsync(pat, disabled: true)).Error);
        Assert.Equal(HttpStatusCode.Unauthorized, await ByKeyAsync(key));
    }

    [Fact]
    public async Task An_address_known_or_not_takes_so_many_tries_a_minute_from_all_sources_and_says_when_to_come_again()
    {
        _server.Settings["SignIn:TriesPerMinute"] = "3";
        await _server.AddUserAsync("ada", Roles.Admin);
        foreach (var address in (string[])["ada@example.org", "nobody@example.org"])
        {
            for (var i = 1; i <= 4; i++)
            {
                using var source = await SourceAsync($"192.0.2.{i}");
                var answer = await SignInAsync(source, i switch { 1 => $" {address.ToUpperInvariant()}", 3 => address.Replace('.', '\u3002'), _ => address }, Wrong);
                Assert.Equal(i <= 3 ? HttpStatusCode.OK : HttpStatusCode.TooManyRequests, answer.StatusCode);
                if (i > 3)
                {
                    await AssertComesAgainAsync(answer);
                }
            }
        }

        using var other = await SourceAsync("192.0.2.1");
        Assert.Equal(HttpStatusCode.OK, (await SignInAsync(other, "somebody@example.org", Wrong)).StatusCode);
    }

    [Fact]
    public async Task A_source_sends_so_much_a_minute_to_every_page_that_is_open_to_strangers_and_others_are_not_held_up()
    {
        _server.Settings["SignIn:RequestsPerMinute"] = "2";
        await _server.AddUserAsync("ada", Roles.Admin);
        using var stranger = await SourceAsync("192.0.2.1");
        stranger.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("text/html"));
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await SignInAsync(stranger, $"nobody{i}@example.org", Wrong)).StatusCode);
        }

        var asked = 0;
        foreach (var route in OpenRoutes())
        {
            asked++;
            using var nothing = new StringContent("");
            for (var i = 0; i < 2; i++)
            {
                await stranger.PostAsync(new Uri(route, UriKind.Relative), nothing, Cancellation);
            }

            await AssertComesAgainAsync(await stranger.PostAsync(new Uri(route, UriKind.Relative), nothing, Cancellation));
        }

        Assert.Equal(5, asked);
        // An invitation's secret stands in the address: reading is guessing.
        await AssertComesAgainAsync(await stranger.GetAsync(new Uri("/join?code=1", UriKind.Relative), Cancellation));
        Assert.Equal(HttpStatusCode.OK, (await stranger.GetAsync(new Uri("/login", UriKind.Relative), Cancellation)).StatusCode);
        using var other = await SourceAsync("192.0.2.2");
        Assert.True(await TestServer.SignInAsync(other, "ada", TestServer.Password));
        // Whoever has one address of IPv6 has 2^64 of them.
        foreach (var (source, status) in new[] { ("2001:db8::1", HttpStatusCode.OK), ("2001:db8::2", HttpStatusCode.OK), ("2001:db8::3", HttpStatusCode.TooManyRequests), ("2001:db8:0:1::3", HttpStatusCode.OK) })
        {
            using var neighbour = await SourceAsync(source);
            Assert.Equal((source, status), (source, (await SignInAsync(neighbour, "nobody@example.org", Wrong)).StatusCode));
        }
    }

    [Fact]
    public async Task Who_comes_by_no_proxy_of_the_settings_cannot_say_to_be_somebody_else()
    {
        (_server.Settings["SignIn:RequestsPerMinute"], _server.Settings["Proxy:Addresses"]) = ("2", "192.0.2.77");
        await _server.AddUserAsync("ada", Roles.Admin);
        for (var i = 1; i <= 3; i++)
        {
            using var source = await SourceAsync($"192.0.2.{i}");
            Assert.Equal(i <= 2 ? HttpStatusCode.OK : HttpStatusCode.TooManyRequests, (await SignInAsync(source, "nobody@example.org", Wrong)).StatusCode);
        }
    }

    /// <summary>What strangers may send something to: all routes that let everybody in, but for files and the words of health.</summary>
    private IEnumerable<string> OpenRoutes() =>
        from endpoint in _server.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
        let route = "/" + endpoint.RoutePattern.RawText!.TrimStart('/')
        where endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null && endpoint.Metadata.GetMetadata<StaticAssetDescriptor>() is null
            && endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Contains("POST") != false
            && !route.StartsWith("/health/", StringComparison.Ordinal) && route != "/error" && !route.StartsWith("/api/", StringComparison.Ordinal)
        select route;

    private static async Task AssertComesAgainAsync(HttpResponseMessage answer)
    {
        Assert.Equal((HttpStatusCode.TooManyRequests, answer.RequestMessage!.RequestUri), (answer.StatusCode, answer.RequestMessage.RequestUri));
        Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        Assert.Contains("Too many tries", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    private async Task<HttpClient> SourceAsync(string address)
    {
        var browser = await _server.BrowserAsync();
        browser.DefaultRequestHeaders.Add("X-Forwarded-For", address);
        return browser;
    }

    private async Task<HttpStatusCode> ByKeyAsync(string key)
    {
        using var program = await _server.BrowserAsync();
        program.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return (await program.GetAsync(new Uri("/api/v1/projects", UriKind.Relative), Cancellation)).StatusCode;
    }

    private static Task<HttpResponseMessage> SignInAsync(HttpClient browser, string address, string password) =>
        TestServer.PostFormAsync(browser, "/login", "login", ("Input.Email", address), ("Input.Password", password));

    /// <summary>Tries; what was answered is without what each answer has of its own.</summary>
    private async Task<(int Hashes, string Commands, string Answer)> TryAsync(HttpClient browser, string address, string password)
    {
        _work.Take();
        var answer = await SignInAsync(browser, address, password);
        var page = await answer.Content.ReadAsStringAsync(Cancellation);
        var (hashes, commands) = _work.Take();
        return (hashes, commands, $"{answer.StatusCode} {Own().Replace(page, "").Replace(WebUtility.HtmlEncode(address), "", StringComparison.Ordinal)}");
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"[^\"]+\"|<!--.*?-->", RegexOptions.Singleline)]
    private static partial Regex Own();
}
