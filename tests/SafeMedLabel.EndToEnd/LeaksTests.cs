using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;
using SafeMedLabel.Testing.Browsers;
using SkiaSharp;

namespace SafeMedLabel.EndToEnd;

/// <summary>A lead sees whether anything is on two sides of the split.</summary>
public sealed class LeaksTests
{
    [Fact]
    public async Task A_lead_sees_that_nothing_leaks_and_then_what_does()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var room = await ReadingRoom.OpenAsync(cells: 60, cancellationToken: cancellation);
        var page = room.Page;
        await page.GotoAsync("/projects/1/settings");
        await page.GetByTestId("leaks-link").ClickAsync();
        await Assertions.Expect(page.GetByTestId("leak-verdict")).ToHaveTextAsync("No patient and no near duplicate is on both sides of the split: 60 images compared.");
        await Walk.InspectAsync(page, "leaks-none");

        using var copies = new TemporaryFolder();
        await using var db = room.Server.OpenDatabase();
        var known = await db.Images.Where(i => i.Split == DataSplit.Training).OrderBy(i => i.ContentHash).Take(3).ToListAsync(cancellation);
        foreach (var (number, image) in known.Index())
        {
            using var picture = SKBitmap.Decode(new ContentStore(new StorageOptions { Root = room.Server.Folder }.ContentFolder).Open(image.ContentHash).ReadWhole());
            using var jpeg = picture.Encode(SKEncodedImageFormat.Jpeg, 85);
            copies.Add($"{number}.jpg", jpeg.ToArray());
        }

        copies.Add("manifest.csv", "path,label,patient,split\n0.jpg,Parasitized,Another 1,test\n1.jpg,Parasitized,Another 2,test\n2.jpg,Uninfected,Another 3,training\n"u8.ToArray());
        await page.GotoAsync("/projects/1/import");
        await page.GetByTestId("import-path").FillAsync(copies.Path);
        await page.GetByTestId("start-import").ClickAsync();
        await Assertions.Expect(page.GetByTestId("import-state")).ToHaveCountAsync(2);
        await Assertions.Expect(page.GetByTestId("import-state").First).ToHaveTextAsync("Completed");
        await db.Images.Where(i => i.Id == known[2].Id).ExecuteUpdateAsync(set => set.SetProperty(i => i.Split, DataSplit.Validation), cancellation);

        await page.GotoAsync("/projects/1/leaks");
        await Assertions.Expect(page.GetByTestId("pair-across")).ToHaveCountAsync(3);
        await Assertions.Expect(page.GetByTestId("pair-across").Filter(new() { HasText = "Another 1" })).ToContainTextAsync(known[0].Patient);
        await Assertions.Expect(page.GetByTestId("parted-patient")).ToContainTextAsync([$"{known[2].Patient}: Training, Validation"]);
        await Walk.InspectAsync(page, "leaks");
        await page.GetByRole(AriaRole.Button, new() { Name = "Dark theme" }).ClickAsync();
        await Walk.InspectAsync(page, "leaks-dark");
    }
}
