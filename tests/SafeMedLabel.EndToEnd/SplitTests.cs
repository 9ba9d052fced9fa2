using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>A lead learns before the first round that the split measures too little, and changes it.</summary>
public sealed class SplitTests
{
    [Fact]
    public async Task A_lead_is_told_what_is_too_little_to_measure_with_and_splits_anew_before_anybody_reads()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var room = await ReadingRoom.OpenAsync(cells: 120, cancellationToken: cancellation);
        await SpreadAsync(room.Server, cancellation);
        var page = room.Page;

        await page.GotoAsync("/projects/1");
        var card = page.GetByTestId("split-advice");
        await Assertions.Expect(card).ToContainTextAsync("Calibration: 6 images of Parasitized, of 6 patients");
        await Assertions.Expect(card).Not.ToContainTextAsync("Test: ");
        await Assertions.Expect(page.GetByTestId("split-proposal")).ToContainTextAsync("both would have enough");
        await Walk.InspectAsync(page, "split-advice");

        await page.GetByTestId("split-anew").ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Split anew" }).ClickAsync();
        await Assertions.Expect(page.GetByText("The patients were split anew.")).ToBeVisibleAsync();
        await Assertions.Expect(card).ToHaveCountAsync(0);
        await using var db = room.Server.OpenDatabase();
        Assert.True(await db.Images.Where(i => i.Split == DataSplit.Calibration).Select(i => i.Patient).Distinct().CountAsync(cancellation) >= SplitCheck.Fewest);
    }

    /// <summary>An image of each class of sixty patients: twelve for the test, six for calibration.</summary>
    private static async Task SpreadAsync(RunningServer server, CancellationToken cancellation)
    {
        await using var db = server.OpenDatabase();
        foreach (var (i, image) in (await db.Images.OrderBy(i => i.ContentHash).ToListAsync(cancellation)).Index())
        {
            (image.Patient, image.ReferenceClass) = ($"P{i / 2}", i % 2);
            image.Split = (i / 2) switch { < 12 => DataSplit.Test, < 18 => DataSplit.Calibration, < 24 => DataSplit.Validation, _ => DataSplit.Training };
        }

        await db.SaveChangesAsync(cancellation);
    }
}
