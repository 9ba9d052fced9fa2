using System.Globalization;
using Microsoft.Playwright;
using SafeMedLabel.Testing;
using SafeMedLabel.Testing.Browsers;
using SkiaSharp;

namespace SafeMedLabel.EndToEnd;

/// <summary>An image of which a screen shows a part at a time.</summary>
public sealed class LargeImageTests
{
    private const int Width = 5000;
    private const int Height = 3000;

    [Fact]
    public async Task A_large_image_shows_its_own_pixels_where_the_reader_looks_closely_and_the_next_begins_whole()
    {
        using var fields = new TemporaryFolder();
        fields.Add("0/C1P1thin_1.png", Field(1));
        fields.Add("0/C1P1thin_2.png", Field(2));
        fields.Add("1/C1P1thin_3.png", Field(3));
        await using var room = await ReadingRoom.OpenOnAsync(fields.Path, TestContext.Current.CancellationToken);
        var page = room.Page;
        await Walk.SetAsync(page, "pixel-width", "0.1");

        await page.GotoAsync("/projects/1/label");
        var tiles = page.Locator(".tiles img");
        await Assertions.Expect(page.GetByTestId("label-image")).ToBeVisibleAsync();
        var stage = await Box.OfAsync(page.Locator(".stage"));
        // As a whole it takes what room there is, and has fewer pixels on the screen than were sent.
        var whole = $"{Math.Round(100 * Math.Min(stage.Width / Width, stage.Height / Height))} %";
        await Assertions.Expect(page.GetByTestId("zoom")).ToHaveTextAsync(whole);
        await Assertions.Expect(tiles).ToHaveCountAsync(0);

        await page.GetByRole(AriaRole.Button, new() { Name = "1:1" }).ClickAsync();
        await Assertions.Expect(page.GetByTestId("zoom")).ToHaveTextAsync("100 %");
        await page.WaitForFunctionAsync("() => { const all = [...document.querySelectorAll('.tiles img')]; return all.length > 6 && all.every(t => t.complete && t.src.includes('/4/')); }");
        // Of 5,000 columns the middle of the stage shows the 2,500th: a colour says to a few pixels where it is.
        using var seen = SKBitmap.Decode(await page.ScreenshotAsync());
        foreach (var (right, down) in new[] { (0, 0), (200, 100), (-300, -150) })
        {
            var colour = seen.GetPixel((int)(stage.X + (stage.Width / 2)) + right, (int)(stage.Y + (stage.Height / 2)) + down);
            Assert.InRange((int)colour.Red - Red((Width / 2) + right), -4, 4);
            Assert.InRange((int)colour.Green - Green((Height / 2) + down), -4, 4);
        }

        // Ten screen pixels are ten of the image, and a micrometre.
        var bar = page.GetByTestId("scale-bar");
        var micrometres = double.Parse((await bar.TextContentAsync())!.Split(' ')[0], CultureInfo.InvariantCulture);
        Assert.Equal(10 * micrometres, (await Box.OfAsync(bar)).Width, 3);
        await Walk.InspectAsync(page, "labelling-large");

        var first = await page.GetByTestId("label-image").GetAttributeAsync("data-image");
        await page.Keyboard.PressAsync("1");
        await Assertions.Expect(page.Locator($"img.current:not([data-image='{first}'])")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByTestId("zoom")).ToHaveTextAsync(whole);
        await Assertions.Expect(tiles).ToHaveCountAsync(0);
        await page.Mouse.MoveAsync(stage.X + 100, stage.Y + 100);
        for (var turn = 0; turn < 4; turn++)
        {
            await page.Mouse.WheelAsync(0, -240);
        }

        await Assertions.Expect(tiles.First).ToBeVisibleAsync();
        Assert.Empty(await tiles.EvaluateAllAsync<string[]>($"all => all.map(t => t.src).filter(s => s.includes('{first}'))"));
    }

    private static int Red(int x) => x % 256;

    private static int Green(int y) => y % 256;

    private static byte[] Field(byte blue)
    {
        using var bitmap = new SKBitmap(Width, Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        var pixels = bitmap.GetPixelSpan();
        for (var i = 0; i < Width * Height; i++)
        {
            (pixels[4 * i], pixels[(4 * i) + 1], pixels[(4 * i) + 2], pixels[(4 * i) + 3]) = ((byte)Red(i % Width), (byte)Green(i / Width), blue, byte.MaxValue);
        }

        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }
}
