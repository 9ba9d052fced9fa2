using Microsoft.Playwright;
using SafeMedLabel.Testing;
using SafeMedLabel.Testing.Browsers;
using SkiaSharp;

namespace SafeMedLabel.EndToEnd;

/// <summary>A whole slide as one image, of which a screen shows a hundredth part at a time.</summary>
public sealed class SlideTests
{
    private const int Width = 18_000;
    private const int Height = 4_500;
    private const int Low = 500;

    [Fact]
    public async Task A_reader_looks_at_a_whole_slide_down_to_its_pixels_and_answers_for_it()
    {
        using var set = new TemporaryFolder();
        Slides.Write(set.File("0/C1P1thin_1.tif"), Width, Height);
        Slides.Write(set.File("1/C1P1thin_2.tif"), Width, Low, blue: 120);
        await using var room = await ReadingRoom.OpenOnAsync(set.Path, TestContext.Current.CancellationToken);
        var page = room.Page;
        await Walk.SetAsync(page, "pixel-width", "0.25");

        await page.GotoAsync("/projects/1/label");
        await Assertions.Expect(page.GetByTestId("label-image")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByTestId("zoom")).ToContainTextAsync("%");
        var stage = await Box.OfAsync(page.Locator(".stage"));
        var overview = page.GetByTestId("overview");
        await Assertions.Expect(overview).ToBeHiddenAsync();
        await Walk.InspectAsync(page, "labelling-slide");

        // Its height tells which of the two is in front.
        var height = await page.GetByTestId("label-image").EvaluateAsync<double>("i => i.naturalHeight / i.naturalWidth") > 0.1 ? Height : Low;
        await page.GetByRole(AriaRole.Button, new() { Name = "1:1" }).ClickAsync();
        await Assertions.Expect(page.GetByTestId("zoom")).ToHaveTextAsync("100 %");
        await ShowsAsync(page, stage, height, 0.5f, 0);

        // To another place by the overview, and on from there by the mouse.
        var map = await Box.OfAsync(overview);
        await page.Mouse.ClickAsync(map.X + (map.Width * 0.25f), map.Y + (map.Height * 0.5f));
        await ShowsAsync(page, stage, height, 0.25f, 0);
        await page.Mouse.MoveAsync(stage.X + (stage.Width / 2), stage.Y + (stage.Height / 2));
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(stage.X + (stage.Width / 2) + 300, stage.Y + (stage.Height / 2));
        await page.Mouse.UpAsync();
        await ShowsAsync(page, stage, height, 0.25f, -300);
        await Walk.InspectAsync(page, "labelling-slide-close");
        await page.Keyboard.PressAsync("0");
        await Assertions.Expect(overview).ToBeHiddenAsync();

        var first = await page.GetByTestId("label-image").GetAttributeAsync("data-image");
        await page.Keyboard.PressAsync("1");
        await Assertions.Expect(page.Locator($"img.current:not([data-image='{first}'])")).ToBeVisibleAsync();
    }

    /// <summary>The middle of the stage shows a place of the slide, in its own tiles: a part of its width, and so many pixels further; half of its height.</summary>
    private static async Task ShowsAsync(IPage page, Box stage, int height, float part, int further)
    {
        await page.WaitForFunctionAsync("() => { const all = [...document.querySelectorAll('.tiles img')]; return all.length > 3 && all.every(t => t.complete && t.naturalWidth > 0 && t.src.includes('/6/')); }");
        using var seen = SKBitmap.Decode(await page.ScreenshotAsync());
        var colour = seen.GetPixel((int)(stage.X + (stage.Width / 2)), (int)(stage.Y + (stage.Height / 2)));
        // A pixel of the overview is 120 of the slide, two levels of its red.
        Assert.InRange((int)colour.Red - Slides.Red((Width * part) + further, Width), -3, 3);
        Assert.InRange((int)colour.Green - Slides.Green(height / 2, height), -3, 3);
    }
}
