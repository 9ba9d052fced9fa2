using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>How long somebody looked at an image.</summary>
public sealed class ReadingTimeTests
{
    /// <summary>The page's own clock, which a test can put forward.</summary>
    private const string MovableClock = """
        const now = performance.now.bind(performance);
        let ahead = 0;
        performance.now = () => now() + ahead;
        window.putForward = seconds => { ahead += 1000 * seconds; };
        """;

    [Fact]
    public async Task A_pause_of_more_than_a_minute_is_no_reading_time_and_a_shorter_one_is()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var room = await ReadingRoom.OpenAsync(cells: 40, cancellationToken: cancellation);
        var page = room.Page;
        await page.AddInitScriptAsync(MovableClock);
        await page.GotoAsync("/projects/1/label");
        await Walk.WaitForImageAsync(page);
        await LookForAsync(page, seconds: 50);
        await LookForAsync(page, seconds: 600);
        await LookForAsync(page, seconds: 30);
        await Walk.AnswerAsync(page, "1");

        await using var db = room.Server.OpenDatabase();
        var milliseconds = (await db.LabelEvents.SingleAsync(cancellation)).ElapsedMilliseconds;
        // What the test itself takes is reading time too, and much less than the pause.
        Assert.InRange(milliseconds, 80_000, 300_000);
    }

    /// <summary>Moves the mouse after so long without a sign.</summary>
    private static async Task LookForAsync(IPage page, int seconds)
    {
        await page.Mouse.MoveAsync(700, 400);
        await page.EvaluateAsync("seconds => putForward(seconds)", seconds);
        await page.Mouse.MoveAsync(710, 410);
    }
}
