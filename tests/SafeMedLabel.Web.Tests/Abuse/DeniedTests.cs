using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Accounts;

namespace SafeMedLabel.Web.Tests.Abuse;

/// <summary>How whoever may not do something is answered: by the reason, and the same whatever they send.</summary>
public sealed class DeniedTests : IAsyncLifetime
{
    private readonly TestServer _server = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _server.AddUserAsync("ada", Roles.Admin);
        await _server.AddUserAsync("pat", Roles.Pathologist);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task What_a_stranger_sends_leads_to_the_sign_in_by_a_page_and_is_answered_401_by_all_else()
    {
        using var stranger = await _server.BrowserAsync();
        await AssertDeniedAsync(stranger, e => e.Metadata.GetMetadata<IAllowAnonymous>() is null, "/login", HttpStatusCode.Unauthorized, atLeast: 40);
    }

    [Fact]
    public async Task What_somebody_sends_whose_role_does_not_suffice_leads_to_a_page_that_says_so_and_is_answered_403_by_all_else()
    {
        using var pat = await _server.BrowserAsync("pat");
        bool OfAdmins(RouteEndpoint endpoint) => endpoint.RoutePattern.RawText!.StartsWith("/admin", StringComparison.Ordinal)
            || endpoint.RoutePattern.RawText is "/projects/new" or "/projects/{projectId:int}/upload" or "/projects/{projectId:int}/imports" or "/projects/{projectId:int}/decisions";
        await AssertDeniedAsync(pat, OfAdmins, "/account/access-denied", HttpStatusCode.Forbidden, atLeast: 5);
    }

    [Fact]
    public async Task What_cannot_be_taken_is_answered_by_its_own_reason()
    {
        var (project, _) = await _server.AddImageAsync();
        using var pat = await _server.BrowserAsync("pat");
        using var text = new StringContent("");

        var answer = await pat.PostAsync(new Uri($"/projects/{project}/answers", UriKind.Relative), text, Cancellation);
        Assert.Equal((HttpStatusCode.BadRequest, null), (answer.StatusCode, answer.Headers.Location));
        answer = await pat.DeleteAsync(new Uri($"/projects/{project}/answers", UriKind.Relative), Cancellation);
        Assert.Equal((HttpStatusCode.MethodNotAllowed, null), (answer.StatusCode, answer.Headers.Location));
        Assert.Equal(HttpStatusCode.NotFound, (await pat.GetAsync(new Uri("/no/such/page", UriKind.Relative), Cancellation)).StatusCode);
    }

    private async Task AssertDeniedAsync(HttpClient browser, Func<RouteEndpoint, bool> isAsked, string leadsTo, HttpStatusCode status, int atLeast)
    {
        var (project, image) = await _server.AddImageAsync();
        var asked = 0;
        foreach (var endpoint in _server.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().Where(isAsked))
        {
            var route = "/" + endpoint.RoutePattern.RawText!.TrimStart('/')
                .Replace("{ProjectId:int}", $"{project}", StringComparison.OrdinalIgnoreCase).Replace("{imageId:guid}", $"{image}", StringComparison.OrdinalIgnoreCase);
            if (route.Contains('{', StringComparison.Ordinal) || route.StartsWith("/api", StringComparison.Ordinal))
            {
                continue;
            }

            foreach (var method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Except(["GET", "HEAD"]) ?? ["POST", "PUT", "DELETE"])
            {
                foreach (var type in (string?[])[null, "application/json", "application/x-www-form-urlencoded"])
                {
                    using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(route, UriKind.Relative));
                    request.Content = type is null ? null : new StringContent("{}", new MediaTypeHeaderValue(type));
                    var answer = await browser.SendAsync(request, Cancellation);
                    asked++;
                    // What is no JSON where JSON is asked for is not understood, whoever sends it.
                    if (answer.StatusCode is HttpStatusCode.UnsupportedMediaType or HttpStatusCode.BadRequest && type != "application/json")
                    {
                        Assert.Null(answer.Headers.Location);
                        continue;
                    }

                    var got = $"{method} {type} {route}: {(int)answer.StatusCode} {answer.Headers.Location?.AbsolutePath}";
                    Assert.Equal(
                        endpoint.Metadata.GetMetadata<ComponentTypeMetadata>() is null ? $"{method} {type} {route}: {(int)status} " : $"{method} {type} {route}: 302 {leadsTo}", got);
                }
            }
        }

        Assert.InRange(asked, atLeast, 1000);
    }
}
