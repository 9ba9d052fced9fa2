using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>An admin reads who did what, and whether somebody has changed it since.</summary>
public sealed class AuditTrailTests
{
    [Fact]
    public async Task An_admin_reads_who_did_what_and_finds_what_was_changed_behind_the_programs_back()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var room = await ReadingRoom.OpenAsync(cells: 40, cancellationToken: cancellation);
        var page = room.Page;
        await page.GotoAsync("/projects/1/label");
        await Walk.AnswerAsync(page, "1");
        await Walk.SetAsync(page, "epochs", "7");

        await page.GotoAsync("/");
        await page.GetByRole(AriaRole.Button, new() { Name = "Account" }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "Audit trail" }).ClickAsync();
        var entries = page.GetByTestId("audit-entries").Locator("tbody tr");
        await Assertions.Expect(entries.First).ToContainTextAsync("Settings changed");
        await Assertions.Expect(entries.First).ToContainTextAsync("Ada Admin");
        await Assertions.Expect(entries.First).ToContainTextAsync("Epochs 7");
        await Walk.InspectAsync(page, "audit");
        await page.GetByRole(AriaRole.Button, new() { Name = "Dark theme" }).ClickAsync();
        await Walk.InspectAsync(page, "audit-dark");

        await page.GetByTestId("audit-action").SelectOptionAsync("Answered");
        await Assertions.Expect(entries).ToHaveCountAsync(1);
        await Assertions.Expect(entries.First).ToContainTextAsync("Class Parasitized");
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByTestId("audit-table").ClickAsync());
        var lines = await File.ReadAllLinesAsync(await download.PathAsync(), cancellation);
        Assert.Equal(2, lines.Length);
        Assert.Contains("Ada Admin,Answered,Malaria cells,image ", lines[1], StringComparison.Ordinal);
        await page.GetByTestId("audit-until").FillAsync("2020-01-01");
        await Assertions.Expect(page.GetByText("Nothing of this kind was done")).ToBeVisibleAsync();

        await page.GetByTestId("verify-trail").ClickAsync();
        await Assertions.Expect(page.GetByTestId("verification")).ToContainTextAsync("none was changed, put in or taken out");
        await using (var db = room.Server.OpenDatabase())
        {
            await db.AuditEntries.Where(e => e.Id == 2).ExecuteDeleteAsync(cancellation);
        }

        await page.GetByTestId("verify-trail").ClickAsync();
        await Assertions.Expect(page.GetByTestId("verification")).ToContainTextAsync("Entry 2 is missing.");
        await Walk.InspectAsync(page, "audit-tampered");
    }
}
