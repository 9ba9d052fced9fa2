using Microsoft.Playwright;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>A project that has had many rounds.</summary>
public sealed class DashboardTests
{
    [Fact]
    public async Task Of_many_rounds_the_newest_stand_in_the_table_until_all_are_asked_for_and_the_charts_show_them_all()
    {
        const int rounds = 30;
        var cancellation = TestContext.Current.CancellationToken;
        await using var room = await ReadingRoom.OpenAsync(cells: 40, cancellationToken: cancellation);
        var page = room.Page;
        await using (var db = room.Server.OpenDatabase())
        {
            db.Rounds.AddRange(Enumerable.Range(1, rounds).Select(number => new Round
            {
                ProjectId = 1,
                Number = number,
                Method = "safemed-ssl",
                State = RoundState.Completed,
                SilentFailureThreshold = 0.8,
                LabelCount = 20 * number,
                Accuracy = 0.9 + (0.001 * number),
                AccuracyLow = 0.88 + (0.001 * number),
                AccuracyHigh = 0.92 + (0.001 * number),
                Auc = 0.97,
                SilentFailureRate = 0.03,
            }));
            await db.SaveChangesAsync(cancellation);
        }

        await page.GotoAsync("/projects/1");
        var rows = page.GetByTestId("rounds-table").Locator("tbody tr");
        await Assertions.Expect(rows).ToHaveCountAsync(25);
        await Assertions.Expect(rows.First).ToContainTextAsync("Round 30");
        await Assertions.Expect(page.Locator("svg[aria-label^=Accuracy] circle")).ToHaveCountAsync(rounds);
        await Walk.InspectAsync(page, "dashboard-many-rounds");

        await page.GetByRole(AriaRole.Button, new() { Name = "Show all 30 rounds" }).ClickAsync();
        await Assertions.Expect(rows).ToHaveCountAsync(rounds);
        await Assertions.Expect(rows.Last).ToContainTextAsync("Round 1");
        await Assertions.Expect(page.GetByTestId("all-rounds")).ToHaveCountAsync(0);
    }
}
