using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>Two people at the same queue, each with a browser of their own.</summary>
public sealed class ReadersTests
{
    [Fact]
    public async Task Two_readers_share_no_image_until_a_second_reading_is_asked_for_and_a_lead_decides_where_they_differ()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var room = await ReadingRoom.OpenAsync(cells: 60, cancellationToken: cancellation);
        var ada = room.Page;
        await Walk.AddReaderAsync(ada, "Ben", "ben@example.org");
        var ben = await Walk.OpenAsync(room.Browser, room.Server);
        await Walk.SignInAsync(ben, "ben@example.org");

        await ada.GotoAsync("/projects/1/label");
        await ben.GotoAsync("/projects/1/label");
        var seen = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            seen.Add(await Walk.AnswerAsync(ada, key: "1"));
            seen.Add(await Walk.AnswerAsync(ben, key: "2"));
        }

        Assert.Equal(6, seen.Distinct().Count());
        await Walk.SetAsync(ada, "readings", "2");
        await AssertBothReadWhatTheOtherHadAsync(ada, ben, seen);
        await TheLeadDecidesAsync(ada, room.Server, cancellation);
        await ada.GotoAsync("/projects/1");
        await ada.GetByTestId("readers-link").ClickAsync();
        await Assertions.Expect(ada.GetByTestId("fleiss")).ToContainTextAsync("−");
        await Walk.InspectAsync(ada, "readers");
    }

    /// <summary>What was read once is wanted again, of the other: it comes first, being of lower rank.</summary>
    private static async Task AssertBothReadWhatTheOtherHadAsync(IPage ada, IPage ben, List<string> seen)
    {
        await ada.GotoAsync("/projects/1/label");
        await ben.GotoAsync("/projects/1/label");
        // Four that each holds from before come first.
        var (byAda, byBen) = (new List<string>(), new List<string>());
        for (var i = 0; i < 7; i++)
        {
            byAda.Add(await Walk.AnswerAsync(ada, key: "1"));
            byBen.Add(await Walk.AnswerAsync(ben, key: "2"));
        }

        Assert.Superset(seen.Where((_, i) => i % 2 == 1).ToHashSet(), byAda.ToHashSet());
        Assert.Superset(seen.Where((_, i) => i % 2 == 0).ToHashSet(), byBen.ToHashSet());
    }

    private static async Task TheLeadDecidesAsync(IPage page, RunningServer server, CancellationToken cancellation)
    {
        await page.GotoAsync("/projects/1");
        await page.GetByTestId("adjudicate-link").ClickAsync();
        await Assertions.Expect(page.GetByText("Reader A")).ToBeVisibleAsync();
        await Walk.InspectAsync(page, "adjudication");
        var left = int.Parse(await page.GetByTestId("disputes-left").InnerTextAsync(), System.Globalization.CultureInfo.InvariantCulture);
        var first = await DecideAndUndoBeforeTheNextImageIsThereAsync(page, left);
        await Walk.AnswerAsync(page, key: "1");
        await using var db = server.OpenDatabase();
        var snapshot = await LabelSnapshot.ReadAsync(db, 1, long.MaxValue, ConsensusRule.Majority, cancellation);
        Assert.Equal(0, snapshot.Labels[Guid.Parse(first)]);
        Assert.Equal(left - 1, snapshot.Disputed.Count);
        Assert.Equal(3, await db.LabelEvents.CountAsync(e => e.Reason == QueueReason.Adjudication, cancellation));
    }

    /// <summary>The image that comes too late is no longer in front, and the one in front must still be heard.</summary>
    private static async Task<string> DecideAndUndoBeforeTheNextImageIsThereAsync(IPage page, int left)
    {
        const string Images = "**/images/*";
        var first = (await Walk.WaitForImageAsync(page)).ToString();
        var release = new TaskCompletionSource();
        await page.RouteAsync(Images, async route =>
        {
            await (route.Request.Url.EndsWith(first, StringComparison.Ordinal) ? Task.CompletedTask : release.Task);
            await route.ContinueAsync();
        });
        var late = await page.RunAndWaitForRequestAsync(() => Walk.AnswerAsync(page, key: "2"), r => r.Url.Contains("/images/", StringComparison.Ordinal));
        await Assertions.Expect(page.GetByTestId("disputes-left")).ToHaveTextAsync($"{left - 1}");
        await page.Keyboard.PressAsync("Control+z");
        await Assertions.Expect(page.GetByTestId("label-image")).ToHaveAttributeAsync("data-image", first);
        await page.RunAndWaitForRequestFinishedAsync(() => Task.Run(release.SetResult), new() { Predicate = r => r.Url == late.Url });
        await page.UnrouteAsync(Images);
        // The late image tells that it is drawn two frames after it is decoded.
        await page.EvaluateAsync("async () => { for (let i = 0; i < 10; i++) await new Promise(requestAnimationFrame); }");
        return first;
    }
}
