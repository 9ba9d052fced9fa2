using System.IO.Compression;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using SafeMedLabel.Application.Datasets.Demo;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>An admin looks at what a manifest would bring before it does.</summary>
public sealed class ImportTests
{
    [Fact]
    public async Task An_admin_sees_what_a_pattern_finds_and_what_would_go_in_before_anything_does()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var cells = new TemporaryFolder();
        var rows = new StringBuilder("path,label,patient,site,split\n");
        for (var i = 0; i < 12; i++)
        {
            cells.Add($"case {i}.png", i switch { 8 => Cell(), 9 => Pictures.Jpeg(Cell()), _ => Pictures.Png(i) });
            rows.Append(System.Globalization.CultureInfo.InvariantCulture, $"case {i}.png,{(i == 10 ? "parasitized" : i % 2 == 0 ? "Parasitized" : "Uninfected")},{(i < 8 ? $"P{i / 2}" : "")},Ward {i % 2},{(i < 4 ? "test" : "")}\n");
        }

        cells.Add("copy of 4.png", Pictures.Png(4));
        cells.Add("manifest.csv", Encoding.UTF8.GetBytes(rows.Append("copy of 4.png,Uninfected,P2,,\nmissing.png,Uninfected,,,\n").ToString()));
        await using var room = await ReadingRoom.OpenAsync(cells: 40, settings: new() { ["Outbound__Allow"] = "127.0.0.1" }, cancellationToken: cancellation);
        var page = room.Page;

        await page.GotoAsync("/projects/1/import");
        var place = await page.GetByTestId("start-import").BoundingBoxAsync();
        await page.GetByTestId("import-path").FillAsync("/no/such/folder");
        await Assertions.Expect(page.GetByTestId("preview-problem")).ToHaveTextAsync("There is no such folder or file on the server.");
        await page.GetByTestId("import-path").FillAsync(cells.Path);
        var preview = page.GetByTestId("pattern-preview");
        await Assertions.Expect(preview).ToContainTextAsync("13 files of 4 patients; of 4 nothing tells the patient.");
        Assert.Equal(place!.Y, (await page.GetByTestId("start-import").BoundingBoxAsync())!.Y);
        await page.GetByTestId("import-pattern").FillAsync("(?<patient>case \\d)");
        await Assertions.Expect(preview).ToContainTextAsync("13 files of 7 patients.");
        await preview.Locator("summary").ClickAsync();
        await Assertions.Expect(preview.GetByRole(AriaRole.Row, new() { Name = "case 11.png case 1" })).ToBeVisibleAsync();

        await page.GetByTestId("dry-run").ClickAsync();
        await Assertions.Expect(page.GetByTestId("import-state").First).ToHaveTextAsync("Planned");
        await Assertions.Expect(page.GetByTestId("import-plan").GetByRole(AriaRole.Row, new() { Name = "no class 1 1" })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByTestId("import-remarks")).ToContainTextAsync("'parasitized' was taken for the class 'Parasitized'.");
        await page.GetByTestId("near-duplicates").Locator("summary").ClickAsync();
        await Assertions.Expect(page.GetByTestId("near-duplicates").GetByRole(AriaRole.Row, new() { Name = "case 8.png case 9.png" })).ToBeVisibleAsync();
        await page.GetByTestId("near-duplicates").ScrollIntoViewIfNeededAsync();
        await Walk.InspectAsync(page, "import-planned");
        await page.GetByRole(AriaRole.Button, new() { Name = "Dark theme" }).ClickAsync();
        await Walk.InspectAsync(page, "import-planned-dark");
        await using var db = room.Server.OpenDatabase();
        Assert.Equal(40, await db.Images.CountAsync(cancellation));

        await page.GetByTestId("carry-out").ClickAsync();
        await Assertions.Expect(page.GetByTestId("import-state").First).ToHaveTextAsync("Completed");
        Assert.Equal(52, await db.Images.CountAsync(cancellation));
        Assert.Equal(2, await db.Images.CountAsync(i => i.Patient == "P0" && i.Split == DataSplit.Test && i.Site!.StartsWith("Ward"), cancellation));

        using var uploads = new TemporaryFolder();
        ZipFile.CreateFromDirectory(cells.Path, uploads.File("cells.zip"));
        // The connection breaks once, under the first part.
        var breaks = 0;
        await page.RouteAsync("**/projects/1/upload", route => route.Request.Method == "PUT" && breaks++ == 0 ? route.AbortAsync() : route.ContinueAsync());
        await page.GetByTestId("upload-looks-first").CheckAsync();
        await page.SetInputFilesAsync("#upload-file", uploads.File("cells.zip"));
        await Assertions.Expect(page.GetByTestId("import-state").First).ToHaveTextAsync("Planned");
        Assert.Equal(2, breaks);
        await Assertions.Expect(page.GetByTestId("carry-out")).ToBeDisabledAsync();
        await page.GetByTestId("discard-import").ClickAsync();
        await Assertions.Expect(page.GetByTestId("import-state").First).ToHaveTextAsync("Cancelled");

        await using var publisher = await FileServer.StartAsync(await File.ReadAllBytesAsync(uploads.File("cells.zip"), cancellation));
        await page.GetByTestId("import-path").FillAsync("http://169.254.169.254/latest/meta-data");
        await page.GetByTestId("start-import").ClickAsync();
        await Assertions.Expect(page.GetByText("This address leads to no public server")).ToBeVisibleAsync();
        await Walk.InspectAsync(page, "import-refused-address");
        await page.GetByTestId("import-path").FillAsync(publisher.Address);
        await page.GetByTestId("import-sha256").FillAsync(new string('0', 64));
        await page.GetByTestId("start-import").ClickAsync();
        await Assertions.Expect(page.GetByText("it is another file, and was thrown away").First).ToBeVisibleAsync();
        await Walk.InspectAsync(page, "import-address");
        await page.GetByTestId("import-sha256").FillAsync("");
        await page.GetByTestId("dry-run").ClickAsync();
        await Assertions.Expect(page.GetByTestId("import-state").First).ToHaveTextAsync("Planned");
        await page.GetByTestId("discard-import").First.ClickAsync();
        await Assertions.Expect(page.GetByTestId("import-state").First).ToHaveTextAsync("Cancelled");

        using var slides = new TemporaryFolder();
        slides.Add("slide.tif", Pictures.Tiff(99, 200, 100, "[tile,pyramid]"));
        slides.Add("manifest.csv", "path,label,patient\nslide.tif,Parasitized,P9\n"u8.ToArray());
        await page.GetByTestId("import-path").FillAsync(slides.Path);
        await page.GetByTestId("import-patch-size").FillAsync("64");
        await page.GetByTestId("start-import").ClickAsync();
        await Assertions.Expect(page.GetByTestId("import-state").First).ToHaveTextAsync("Completed");
        await Assertions.Expect(page.GetByTestId("pictures-cut").First).ToHaveTextAsync("1");
        await Walk.InspectAsync(page, "import-patches");
        Assert.Equal(6, await db.Images.CountAsync(i => i.Patient == "P9" && i.SourcePath.StartsWith("slide.tif/x"), cancellation));
    }

    private static byte[] Cell()
    {
        using var folder = new TemporaryFolder();
        DemoDataset.Write(folder.Path, 8, seed: 2);
        return File.ReadAllBytes(Directory.GetFiles(folder.Path, "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First());
    }
}
