using Microsoft.Playwright;
using SafeMedLabel.Application.Datasets.Demo;
using SafeMedLabel.Testing;
using SafeMedLabel.Testing.Browsers;
using SkiaSharp;

namespace SafeMedLabel.EndToEnd;

/// <summary>A second laboratory stains otherwise, and a lead is told.</summary>
public sealed class LiveWatchTests
{
    [Fact]
    public async Task An_import_with_another_stain_raises_an_alarm_that_stays_until_a_lead_has_seen_it()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var room = await ReadingRoom.OpenAsync(cells: 400, cancellationToken: cancellation);
        var page = room.Page;
        await page.GotoAsync("/projects/1/watch");
        await Assertions.Expect(page.GetByTestId("no-alarms")).ToBeVisibleAsync();
        await Walk.InspectAsync(page, "watch-first");

        using var stained = new TemporaryFolder();
        WriteStained(stained.Path, cancellation);
        await page.GotoAsync("/projects/1/import");
        await page.GetByTestId("import-path").FillAsync(stained.Path);
        await page.GetByTestId("import-site").FillAsync("Second laboratory");
        await page.GetByTestId("start-import").ClickAsync();
        await Assertions.Expect(page.GetByTestId("import-state").First).ToHaveTextAsync("Completed");

        await page.GotoAsync("/projects/1");
        await Assertions.Expect(page.GetByTestId("alarms")).ToContainTextAsync("1 alarm");
        await Walk.InspectAsync(page, "dashboard-alarms");
        await page.GetByTestId("alarms-link").ClickAsync();
        await Assertions.Expect(page.GetByTestId("alarm").First).ToContainTextAsync("Import 2 of Second laboratory is unlike the training data: ");
        await Assertions.Expect(page.GetByTestId("drifted")).ToHaveCountAsync(1);
        await Walk.InspectAsync(page, "watch");
        await page.GetByRole(AriaRole.Button, new() { Name = "Dark theme" }).ClickAsync();
        await Walk.InspectAsync(page, "watch-dark");
        await page.GetByTestId("seen").ClickAsync();
        await Assertions.Expect(page.GetByTestId("seen")).ToHaveCountAsync(0);
        await page.GotoAsync("/projects/1");
        await Assertions.Expect(page.GetByTestId("label-link")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByTestId("alarms")).ToHaveCountAsync(0);
        await SetUpNightsAsync(page);
    }

    /// <summary>A lead wants a round each night.</summary>
    private static async Task SetUpNightsAsync(IPage page)
    {
        await page.GotoAsync("/projects/1/settings");
        await page.GetByText("Start a round each day, when there are new labels").ClickAsync();
        await page.GetByTestId("daily-hour").FillAsync("2");
        await page.GetByTestId("save-settings").ClickAsync();
        await Assertions.Expect(page.GetByText("Saved.")).ToBeVisibleAsync();
        await page.ReloadAsync();
        await Assertions.Expect(page.GetByTestId("daily-hour")).ToHaveValueAsync("2");
        await Walk.InspectAsync(page, "settings-nights");
        await page.GotoAsync("/projects/1");
        await Assertions.Expect(page.GetByText("One starts each day at 2:00 UTC, when there are new labels.")).ToBeVisibleAsync();
    }

    /// <summary>Cells of other patients, with half the green: a much stronger eosin.</summary>
    private static void WriteStained(string folder, CancellationToken cancellation)
    {
        DemoDataset.Write(folder, 60, seed: 2, cancellationToken: cancellation);
        foreach (var file in Directory.GetFiles(folder, "*.png", SearchOption.AllDirectories))
        {
            using var cell = SKBitmap.Decode(file);
            for (var y = 0; y < cell.Height; y++)
            {
                for (var x = 0; x < cell.Width; x++)
                {
                    var colour = cell.GetPixel(x, y);
                    cell.SetPixel(x, y, colour.WithGreen((byte)(colour.Green / 2)));
                }
            }

            using var png = cell.Encode(SKEncodedImageFormat.Png, 100);
            File.Delete(file);
            File.WriteAllBytes(Path.Combine(Path.GetDirectoryName(file)!, $"C9{Path.GetFileName(file)[1..]}"), png.ToArray());
        }
    }
}
