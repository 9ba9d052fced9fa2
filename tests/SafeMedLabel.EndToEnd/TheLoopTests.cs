using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>The whole path of the product in a real browser, on real cells.</summary>
public sealed partial class TheLoopTests
{
    private const int Labels = 10;
    private const int LabelsMeanwhile = 4;
    // A limit for what hangs, not for what is slow: other tests train beside this one.
    private const float Patience = 1_200_000;

    [Fact]
    public async Task From_set_up_to_the_silent_failure_rate_of_a_round_though_its_worker_is_killed()
    {
        Chromium.Find();
        var cells = SharedData.Require("data/nih-malaria-mini");
        var cancellation = TestContext.Current.CancellationToken;
        await using var server = await RunningServer.StartAsync(cancellation);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await Chromium.LaunchAsync(playwright);
        var page = await Walk.OpenAsync(browser, server);

        await page.GotoAsync("/");
        await Walk.InspectAsync(page, "setup");
        await Walk.SetUpAsync(page);
        await Walk.ImportAsync(page, cells);
        await Walk.InspectAsync(page, "import");
        await Walk.SetAsync(page, "epochs", "2");
        await SimplifyAsync(server, cancellation);
        await LabelAsync(page, server, Labels, cancellation);
        await StartRoundAsync(page);
        await KillWorkerInTrainingAsync(server, cancellation);
        await Walk.InspectAsync(page, "loop-round");
        await LabelMeanwhileAsync(page, server, cancellation);

        await Assertions.Expect(page.GetByTestId("rounds-table").GetByTestId("round-state")).ToHaveTextAsync("Completed", new() { Timeout = Patience });
        Assert.Matches(PercentPattern(), await page.GetByTestId("round-sfr").InnerTextAsync());
        Assert.Matches(PercentPattern(), await page.GetByTestId("round-accuracy").InnerTextAsync());
        await Walk.InspectAsync(page, "loop-dashboard");
        await page.GetByRole(AriaRole.Link, new() { Name = "Round 1" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Recipe" })).ToBeVisibleAsync();
        await Walk.InspectAsync(page, "round-detail");
        await LookAtFiguresAsync(page);
        await LookAtFailuresAsync(page);
        await AssertNothingIsLostAsync(server, cancellation);
        await CheckLiveAsync(page, server, cancellation);
        await LookAtGridAsync(page, server, cancellation);
    }

    /// <summary>
    /// It is the path that is shown, not what can be learned on it: small images and, for want of validation images of known class, the published method,
    /// which after ten labels makes confident mistakes to look at.
    /// </summary>
    private static async Task SimplifyAsync(RunningServer server, CancellationToken cancellation)
    {
        await using var db = server.OpenDatabase();
        await db.Projects.ExecuteUpdateAsync(set => set.SetProperty(p => p.ImageSize, ProjectSettings.ImageSizes[0]), cancellation);
        await db.Images.Where(i => i.Split == DataSplit.Validation).ExecuteUpdateAsync(set => set.SetProperty(i => i.ReferenceClass, (int?)null), cancellation);
    }

    /// <summary>What the numbers are made of, and to take home.</summary>
    private static async Task LookAtFiguresAsync(IPage page)
    {
        await Assertions.Expect(page.GetByTestId("measures").GetByRole(AriaRole.Row)).ToHaveCountAsync(11);
        foreach (var figure in (string[])["silent-failures", "risk-coverage", "reliability", "uncertainty", "confusion"])
        {
            var card = page.GetByTestId($"figure-round-1-{figure}");
            await Assertions.Expect(card.Locator("svg")).ToBeVisibleAsync();
            await card.Locator("summary").ClickAsync();
        }

        await Walk.InspectAsync(page, "round-figures");
        var reliability = page.GetByTestId("figure-round-1-reliability");
        var picture = await SaveAsync(page, reliability.GetByText("Picture (SVG)"));
        Assert.Equal("{http://www.w3.org/2000/svg}svg", System.Xml.Linq.XDocument.Parse(picture).Root!.Name.ToString());
        var table = (await SaveAsync(page, reliability.GetByText("Table (CSV)"))).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("\"Confidence\",\"Mean confidence\",\"Accuracy\",\"Images\"", table[0].TrimStart('\uFEFF'));
        Assert.Equal(50, table.Skip(1).Sum(row => int.Parse(row.Split(',')[^1], System.Globalization.CultureInfo.InvariantCulture)));
    }

    /// <summary>The images that it got wrong and was sure of; one of them is sent to adjudication, and fetched back.</summary>
    private static async Task LookAtFailuresAsync(IPage page)
    {
        await page.GetByTestId("look-at-failures").ClickAsync();
        var failures = page.GetByTestId("failure");
        await Assertions.Expect(failures.First).ToBeVisibleAsync();
        await page.GetByTestId("show-evidence").CheckAsync();
        var evidence = page.GetByTestId("evidence").First;
        await Assertions.Expect(evidence).ToHaveJSPropertyAsync("naturalWidth", 8);
        Assert.Equal(await failures.First.GetByRole(AriaRole.Img).First.BoundingBoxAsync() is { } cell ? (cell.X, cell.Y, cell.Width) : default, await evidence.BoundingBoxAsync() is { } veil ? (veil.X, veil.Y, veil.Width) : default);
        await Walk.InspectAsync(page, "silent-failures-evidence");
        await page.GetByTestId("doubt").First.ClickAsync();
        await Assertions.Expect(page.GetByTestId("withdraw")).ToBeVisibleAsync();
        await Walk.InspectAsync(page, "silent-failures");
        await page.GotoAsync("/projects/1/adjudicate");
        await Walk.WaitForImageAsync(page);
        await Assertions.Expect(page.GetByTestId("doubted")).ToBeVisibleAsync();
        await page.GotoAsync("/projects/1/rounds/1/silent-failures");
        await page.GetByTestId("withdraw").ClickAsync();
        await Assertions.Expect(page.GetByTestId("withdraw")).ToHaveCountAsync(0);
    }

    private static async Task<string> SaveAsync(IPage page, ILocator button)
    {
        var download = await page.RunAndWaitForDownloadAsync(() => button.ClickAsync());
        return await File.ReadAllTextAsync((await download.PathAsync())!);
    }

    /// <summary>The round has left proposals behind, and what its images look like.</summary>
    private static async Task LookAtGridAsync(IPage page, RunningServer server, CancellationToken cancellation)
    {
        await page.GotoAsync("/projects/1/grid");
        await Walk.WaitForGridAsync(page);
        await Walk.InspectAsync(page, "grid-real");
        await using var db = server.OpenDatabase();
        var likeness = await db.ModelOpinions.Select(o => o.Likeness).ToListAsync(cancellation);
        Assert.All(likeness, bytes => Assert.Equal(Likeness.Length, bytes.Length));
        Assert.True(likeness.DistinctBy(Convert.ToHexString).Count() > likeness.Count / 2);
    }

    /// <summary>Once an image drawn at random has been read, the dashboard says how the model does on such.</summary>
    private static async Task CheckLiveAsync(IPage page, RunningServer server, CancellationToken cancellation)
    {
        await page.GotoAsync("/projects/1/settings");
        await Walk.InspectAsync(page, "settings");
        await Walk.SetAsync(page, "audit", "50");
        await using var db = server.OpenDatabase();
        while (!await db.LabelEvents.AnyAsync(e => e.Reason == QueueReason.Audit, cancellation))
        {
            await LabelAsync(page, server, 1, cancellation);
        }

        await page.Keyboard.PressAsync("w");
        await Assertions.Expect(page.GetByTestId("why")).ToContainTextAsync("It was");
        await Walk.InspectAsync(page, "labelling-why-real");
        await page.GotoAsync("/projects/1");
        await Assertions.Expect(page.GetByTestId("live-sfr")).ToHaveTextAsync(PercentPattern());
        await Walk.InspectAsync(page, "live-check");
    }

    /// <summary>An honest reader who knows the reference labels.</summary>
    private static async Task LabelAsync(IPage page, RunningServer server, int count, CancellationToken cancellation)
    {
        await page.GotoAsync("/projects/1/label");
        for (var given = 0; given < count;)
        {
            var image = page.GetByTestId("label-image");
            await Assertions.Expect(image).ToBeVisibleAsync();
            var id = Guid.Parse((await image.GetAttributeAsync("data-image"))!);
            await using var db = server.OpenDatabase();
            var known = (await db.Images.FirstAsync(i => i.Id == id, cancellation)).ReferenceClass!.Value;
            if (given == Labels / 2)
            {
                await Walk.InspectAsync(page, "labelling-real");
            }

            await Walk.AnswerAsync(page, $"{known + 1}");
            given = int.Parse(await page.GetByTestId("session-count").InnerTextAsync(), System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    private static async Task StartRoundAsync(IPage page)
    {
        await page.GotoAsync("/projects/1");
        await page.GetByTestId("start-round").ClickAsync();
        await Assertions.Expect(page.GetByTestId("progress-phase")).ToBeVisibleAsync();
    }

    private static async Task KillWorkerInTrainingAsync(RunningServer server, CancellationToken cancellation)
    {
        await using var db = server.OpenDatabase();
        while (!await db.RoundEpochs.AnyAsync(cancellation))
        {
            await Task.Delay(100, cancellation);
        }

        server.FindWorker()!.Kill();
    }

    /// <summary>While there is no worker, and while the next one goes on with the round.</summary>
    private static async Task LabelMeanwhileAsync(IPage page, RunningServer server, CancellationToken cancellation)
    {
        var second = await page.Context.NewPageAsync();
        second.SetDefaultTimeout(60_000);
        await LabelAsync(second, server, LabelsMeanwhile, cancellation);
        await second.CloseAsync();
        await using var db = server.OpenDatabase();
        Assert.True((await db.Rounds.AsNoTracking().SingleAsync(cancellation)).State.IsActive(), "The round ended before the labels were given: nothing was shown.");
    }

    private static async Task AssertNothingIsLostAsync(RunningServer server, CancellationToken cancellation)
    {
        await using var db = server.OpenDatabase();
        var round = await db.Rounds.AsNoTracking().SingleAsync(cancellation);
        Assert.Equal(RoundState.Completed, round.State);
        Assert.True(round.Attempts > 1, "The round was taken up once only: the kill came too late to show anything.");
        Assert.Equal(Enumerable.Range(1, round.Epochs), await db.RoundEpochs.OrderBy(e => e.Epoch).Select(e => e.Epoch).ToListAsync(cancellation));
        Assert.True(await db.Answers.CountAsync(a => a.Kind == AnswerKind.Label, cancellation) >= Labels + LabelsMeanwhile);
        Assert.True(await db.Answers.CountAsync(a => a.EventId > round.LabelSnapshot, cancellation) >= LabelsMeanwhile);
        Assert.Equal(round.ScoredCount, await db.Images.CountAsync(i => i.QueueRank != int.MaxValue, cancellation));
    }

    [GeneratedRegex(@"\d+\.\d\d %")]
    private static partial Regex PercentPattern();
}
