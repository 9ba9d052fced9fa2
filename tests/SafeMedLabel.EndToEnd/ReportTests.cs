using Microsoft.Playwright;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Testing;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>A round's report, from the click to the sheet of paper.</summary>
public sealed class ReportTests
{
    /// <summary>A4 at 96 pixels an inch, less its margins.</summary>
    private const int PaperWidth = 794 - 121;

    [Fact]
    public async Task One_click_gives_a_lead_a_file_that_can_be_read_and_printed_where_there_is_no_server()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var room = await ReadingRoom.OpenAsync(cells: 400, cancellationToken: cancellation);
        var (passed, refused) = await SeededRounds.AddAsync(room.Server, cancellation);
        await SeededRounds.DescribeAsync(room.Server, passed, cancellation);
        await SeededRounds.DescribeAsync(room.Server, refused, cancellation);
        await SignAsync(room.Server, refused, passed, cancellation);
        using var folder = new TemporaryFolder();

        await room.Page.GotoAsync($"/projects/1/rounds/{refused}");
        var download = await room.Page.RunAndWaitForDownloadAsync(() => room.Page.GetByTestId("report").ClickAsync());
        Assert.Equal("round-2-report.html", download.SuggestedFilename);
        var file = Path.Combine(folder.Path, download.SuggestedFilename);
        await download.SaveAsAsync(file);

        await using var context = await room.Browser.NewContextAsync(new BrowserNewContextOptions { Offline = true });
        var report = await context.NewPageAsync();
        var asked = new List<string>();
        report.Request += (_, request) => asked.Add(request.Url);
        await report.GotoAsync(new Uri(file).AbsoluteUri);
        await Assertions.Expect(report.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Round 2 of Malaria cells: report");
        await Assertions.Expect(report.GetByTestId("report-override")).ToContainTextAsync("Ada Admin signed");
        await Assertions.Expect(report.Locator("figure svg")).ToHaveCountAsync(7);
        await Walk.InspectAsync(report, "report");
        Assert.Equal([new Uri(file).AbsoluteUri], asked);

        await report.EmulateMediaAsync(new PageEmulateMediaOptions { Media = Media.Print });
        await report.SetViewportSizeAsync(PaperWidth, 900);
        Assert.True(await report.EvaluateAsync<int>("() => document.documentElement.scrollWidth") <= PaperWidth, "The report is broader than the paper.");
        var paper = await report.PdfAsync(new PagePdfOptions { Format = "A4", PreferCSSPageSize = true });
        Assert.Equal("%PDF"u8, paper.AsSpan(0, 4));
        if (Environment.GetEnvironmentVariable("SAFEMED_SCREENSHOTS") is { Length: > 0 } pictures)
        {
            await File.WriteAllBytesAsync(Path.Combine(pictures, "report.pdf"), paper, cancellation);
        }
    }

    [Fact]
    public async Task Whoever_may_not_see_a_rounds_page_gets_no_report()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var room = await ReadingRoom.OpenAsync(cells: 40, cancellationToken: cancellation);
        var (passed, _) = await SeededRounds.AddAsync(room.Server, cancellation);
        await Walk.AddReaderAsync(room.Page, "Pat Reader", "pat@example.org");
        var page = await Walk.OpenAsync(room.Browser, room.Server);

        await page.GotoAsync($"/projects/1/rounds/{passed}/report");
        Assert.StartsWith("/login", new Uri(page.Url).AbsolutePath, StringComparison.Ordinal);

        await Walk.SignInAsync(page, "pat@example.org");
        await page.GotoAsync($"/projects/1/rounds/{passed}/report");
        Assert.Equal("/account/access-denied", new Uri(page.Url).AbsolutePath);
    }

    /// <summary>As the dialog does, which has a test of its own.</summary>
    private static async Task SignAsync(RunningServer server, int round, int previous, CancellationToken cancellation)
    {
        await using var db = server.OpenDatabase();
        db.Promotions.Add(new Promotion
        {
            ProjectId = 1,
            RoundId = round,
            PreviousRoundId = previous,
            Kind = PromotionKind.Override,
            ById = db.Users.Single().Id,
            Reason = "Compared by hand on 500 cells of March: <b>better</b> on thick smears.",
            AtUtc = DateTime.UtcNow,
        });
        (await db.Projects.FindAsync([1], cancellation))!.ActiveRoundId = round;
        await db.SaveChangesAsync(cancellation);
    }
}
