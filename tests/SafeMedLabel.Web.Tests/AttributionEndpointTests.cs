using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;

namespace SafeMedLabel.Web.Tests;

/// <summary>What a model saw its evidence in, over HTTP.</summary>
public sealed class AttributionEndpointTests : IAsyncLifetime
{
    private readonly TestServer _server = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _server.AddUserAsync("ada", Roles.Admin);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task The_veil_over_a_silent_failure_is_a_picture_that_no_browser_keeps_and_there_is_none_over_others()
    {
        var (project, image) = await _server.AddImageAsync();
        var round = await AddRoundAsync(project);
        await using (var db = Open())
        {
            db.TestPredictions.Add(new TestPrediction { RoundId = round, ImageId = image, ReferenceClass = 1, Probabilities = TestPrediction.Pack([0.97, 0.03]), Attribution = [0, 255, 0, 0] });
            await db.SaveChangesAsync(Cancellation);
        }

        using var browser = await _server.BrowserAsync("ada");
        var veil = await browser.GetAsync(new Uri($"/rounds/{round}/attributions/{image}", UriKind.Relative), Cancellation);
        var other = await browser.GetAsync(new Uri($"/rounds/{round}/attributions/{Guid.NewGuid()}", UriKind.Relative), Cancellation);

        Assert.Equal((HttpStatusCode.OK, "image/png", "no-store"), (veil.StatusCode, veil.Content.Headers.ContentType!.MediaType, veil.Headers.CacheControl!.ToString()));
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
    }

    private async Task<int> AddRoundAsync(int project)
    {
        await using var db = Open();
        var round = new Round { ProjectId = project, Number = 1, Method = "safemed-ssl", State = RoundState.Completed, SilentFailureThreshold = 0.8 };
        db.Rounds.Add(round);
        await db.SaveChangesAsync(Cancellation);
        return round.Id;
    }

    private AppDbContext Open() => _server.Services.GetRequiredService<IDbContextFactory<AppDbContext>>().CreateDbContext();
}
