using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Testing;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>A queue that follows the labels, with the real worker and its real tensors, on real cells.</summary>
public sealed partial class LiveQueueTests
{
    private const int Labels = 20;

    // A limit for what hangs, not for what is slow: other tests train beside this one.
    private const float Patience = 600_000;

    [Fact]
    public async Task Twenty_labels_rank_the_queue_without_a_round_though_the_worker_is_killed()
    {
        Chromium.Find();
        var cells = SharedData.Require("data/nih-malaria-mini");
        var cancellation = TestContext.Current.CancellationToken;
        await using var server = await RunningServer.StartAsync(cancellation);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await Chromium.LaunchAsync(playwright);
        var page = await Walk.OpenAsync(browser, server);
        await Walk.SetUpAsync(page);
        await Walk.ImportAsync(page, cells);
        await page.GotoAsync("/projects/1");
        await Assertions.Expect(page.GetByTestId("live-waits")).ToBeVisibleAsync(new() { Timeout = Patience });
        await Walk.InspectAsync(page, "live-queue-waits");

        await using var db = server.OpenDatabase();
        // So that one ranking, and no other, comes of these labels.
        await db.Projects.ExecuteUpdateAsync(set => set.SetProperty(p => p.RerankAfterLabels, 15), cancellation);
        // Too few for a ranking: what ranks comes after the kill.
        await LabelAsync(page, server, 9, cancellation);
        server.FindWorker()!.Kill();
        await LabelAsync(page, server, Labels - 9, cancellation);

        await page.GotoAsync("/projects/1");
        await Assertions.Expect(page.GetByTestId("live-ranked")).ToContainTextAsync(RankedPattern(), new() { Timeout = Patience });
        Assert.Empty(await db.Rounds.ToListAsync(cancellation));

        // The reader gets the first of the new order; what they held when it came, they read before.
        var ranking = (await db.LiveStates.SingleAsync(cancellation)).RankingId;
        var first = await db.LiveRanks.Where(r => r.RankingId == ranking).OrderBy(r => r.Rank).Select(r => r.ImageId).ToListAsync(cancellation);
        while (!await db.LabelEvents.AnyAsync(e => e.Reason == QueueReason.LiveRanked, cancellation))
        {
            await LabelAsync(page, server, 1, cancellation);
        }

        var shown = await db.LabelEvents.Where(e => e.Reason == QueueReason.LiveRanked).OrderBy(e => e.Id).Select(e => e.ImageId).FirstAsync(cancellation);
        Assert.Contains(shown, first.Take(Labels));
        await page.Keyboard.PressAsync("w");
        await Assertions.Expect(page.GetByTestId("why")).ToContainTextAsync("learns from the labels as they come");
        await Walk.InspectAsync(page, "labelling-why-live");
        while (await db.LiveRankings.CountAsync(r => r.Seconds > 0, cancellation) < 3)
        {
            await LabelAsync(page, server, 2, cancellation);
        }

        await page.GotoAsync("/projects/1");
        await Walk.InspectInBothThemesAsync(page, "live-queue");
        await RunRoundAsync(page, server, cancellation);
        await Assertions.Expect(page.GetByTestId("live-waits")).ToContainTextAsync("the order of the latest round");
        Assert.Equal("safemed-ssl-plus", (await db.Rounds.AsNoTracking().SingleAsync(cancellation)).Method);
        if (Walk.UpdatesGuides)
        {
            // A learning curve has more than one point.
            await LabelAsync(page, server, Labels, cancellation);
            await page.GotoAsync("/projects/1");
            await RunRoundAsync(page, server, cancellation);
        }

        await Walk.InspectAsync(page, "dashboard");
    }

    /// <summary>On the project's page; in the guides' pictures a round as it is meant to be.</summary>
    private static async Task RunRoundAsync(IPage page, RunningServer server, CancellationToken cancellation)
    {
        await using var db = server.OpenDatabase();
        if (!Walk.UpdatesGuides)
        {
            await db.Projects.ExecuteUpdateAsync(set => set.SetProperty(p => p.ImageSize, ProjectSettings.ImageSizes[0]).SetProperty(p => p.Epochs, 1), cancellation);
        }

        await page.GetByTestId("start-round").ClickAsync();
        await Assertions.Expect(page.GetByTestId("progress-phase")).ToBeVisibleAsync();
        while (Walk.UpdatesGuides && await db.RoundEpochs.CountAsync(e => e.RoundId == db.Rounds.Max(r => r.Id), cancellation) < 3)
        {
            await Task.Delay(100, cancellation);
        }

        await Walk.InspectAsync(page, "round");
        await Assertions.Expect(page.GetByTestId("rounds-table").GetByTestId("round-state").First).ToHaveTextAsync("Completed", new() { Timeout = Patience });
    }

    [GeneratedRegex(@"Ranked by (1[5-9]|20) labels, .* ago")]
    private static partial Regex RankedPattern();

    /// <summary>An honest reader who knows the reference labels.</summary>
    private static async Task LabelAsync(IPage page, RunningServer server, int count, CancellationToken cancellation)
    {
        await page.GotoAsync("/projects/1/label");
        await using var db = server.OpenDatabase();
        for (var given = 0; given < count; given++)
        {
            var id = await Walk.WaitForImageAsync(page);
            var known = await db.Images.Where(i => i.Id == id).Select(i => i.ReferenceClass!.Value).SingleAsync(cancellation);
            await Walk.AnswerAsync(page, $"{known + 1}");
        }
    }
}
