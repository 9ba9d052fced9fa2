using System.IO.Compression;
using Microsoft.Playwright;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>An admin takes the labels out.</summary>
public sealed class ExportTests
{
    [Fact]
    public async Task An_admin_downloads_what_the_worker_wrote_and_deletes_it()
    {
        await using var room = await ReadingRoom.OpenAsync(cells: 40, cancellationToken: TestContext.Current.CancellationToken);
        var page = room.Page;
        await page.GotoAsync("/projects/1/label");
        await Walk.AnswerAsync(page, "1");

        await page.GotoAsync("/projects/1");
        await page.GetByTestId("export-link").ClickAsync();
        await Assertions.Expect(page.GetByText("No exports yet")).ToBeVisibleAsync();
        await Walk.InspectAsync(page, "export-empty");
        await page.GetByTestId("start-export").ClickAsync();
        await Assertions.Expect(page.GetByTestId("export-state")).ToHaveTextAsync("Completed");
        var table = await DownloadAsync(page);
        Assert.EndsWith(".csv", table, StringComparison.Ordinal);
        var rows = await File.ReadAllLinesAsync(table, TestContext.Current.CancellationToken);
        Assert.Equal(41, rows.Length);
        Assert.Single(rows, row => row.Contains(",reader-", StringComparison.Ordinal));

        await page.GetByLabel("Format").ClickAsync();
        await page.GetByRole(AriaRole.Option, new() { Name = "A folder for each class" }).ClickAsync();
        await Assertions.Expect(page.GetByTestId("export-pictures")).ToBeDisabledAsync();
        await Assertions.Expect(page.GetByTestId("export-pictures")).ToBeCheckedAsync();
        await page.GetByTestId("start-export").ClickAsync();
        await Assertions.Expect(page.GetByTestId("export-state")).ToHaveCountAsync(2);
        await Assertions.Expect(page.GetByTestId("export-state").First).ToHaveTextAsync("Completed");
        await Walk.InspectAsync(page, "export");
        await page.GetByRole(AriaRole.Button, new() { Name = "Dark theme" }).ClickAsync();
        await Walk.InspectAsync(page, "export-dark");
        await using (var zip = await ZipFile.OpenReadAsync(await DownloadAsync(page), TestContext.Current.CancellationToken))
        {
            Assert.Equal(40, zip.Entries.Count(e => e.FullName.StartsWith("images/", StringComparison.Ordinal)));
        }

        await page.GetByTestId("delete-export").First.ClickAsync();
        await Assertions.Expect(page.GetByTestId("export-state")).ToHaveCountAsync(1);
        Assert.Single(Directory.EnumerateFiles(Path.Combine(room.Server.Folder, "exports")));
    }

    private static async Task<string> DownloadAsync(IPage page)
    {
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByTestId("download-export").First.ClickAsync());
        var path = Path.Combine(Path.GetDirectoryName(await download.PathAsync())!, download.SuggestedFilename);
        await download.SaveAsAsync(path);
        return path;
    }
}
