using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using SafeMedLabel.Testing.Browsers;
using SkiaSharp;

namespace SafeMedLabel.EndToEnd;

/// <summary>Looking closely: what the reader sees of the image in front.</summary>
public sealed class ViewerTests
{
    [Fact]
    public async Task A_reader_zooms_moves_and_adjusts_the_image_and_the_next_one_begins_whole()
    {
        await using var room = await ReadingRoom.OpenAsync(cells: 160, cancellationToken: TestContext.Current.CancellationToken);
        var page = room.Page;
        await Walk.SetAsync(page, "pixel-width", "0.1");
        await page.GotoAsync("/projects/1/label");
        await Assertions.Expect(page.GetByTestId("label-image")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByTestId("zoom")).ToContainTextAsync("%");
        var (stage, whole) = (await Box.OfAsync(page.Locator(".stage")), await ImageAsync(page));

        await TheScaleBarIsAsLongAsItSaysAsync(page, whole);
        await WheelZoomsAtThePointerAsync(page, stage);
        await ItMovesButLeavesNoGapAsync(page, stage);
        await page.Keyboard.PressAsync("0");
        Assert.Equal(whole, await ImageAsync(page));
        await TwoFingersZoomAsync(page, stage);
        await page.GetByRole(AriaRole.Button, new() { Name = "1:1" }).ClickAsync();
        await Assertions.Expect(page.GetByTestId("zoom")).ToHaveTextAsync("100 %");
        await page.DblClickAsync(".stage");
        Assert.Equal(whole, await ImageAsync(page));
        await Walk.InspectAsync(page, "labelling");
        await NeighboursShowOnDemandAsync(page);
        await InvertingTurnsItsColoursRoundAsync(page, whole);
        await TheNextBeginsWholeAndAsAdjustedAsync(page, stage);
        await AnAnswerIsTakenBackAndGivenAgainAsync(page);
    }

    private static async Task TheScaleBarIsAsLongAsItSaysAsync(IPage page, Box image)
    {
        var pixels = await page.GetByTestId("label-image").EvaluateAsync<int>("i => i.naturalHeight");
        var bar = page.GetByTestId("scale-bar");
        var text = await bar.InnerTextAsync();
        var length = float.Parse(text.Split(' ')[0], CultureInfo.InvariantCulture);

        Assert.EndsWith("µm", text, StringComparison.Ordinal);
        Assert.Equal(length, (await Box.OfAsync(bar)).Width / (image.Height / pixels) * 0.1f, 0.01f);
    }

    private static async Task WheelZoomsAtThePointerAsync(IPage page, Box stage)
    {
        // Larger than its stage to all sides: a smaller one stays in the middle.
        for (var press = 0; press < 5; press++)
        {
            await page.Keyboard.PressAsync("+");
        }

        var (x, y) = (stage.X + (stage.Width * 0.55f), stage.Y + (stage.Height * 0.3f));
        var before = await ImageAsync(page);
        Assert.True(before.Width > stage.Width);
        await page.Mouse.MoveAsync(x, y);
        await page.Mouse.WheelAsync(0, -240);
        var after = await ImageChangedFromAsync(page, before);

        Assert.True(after.Width > before.Width * 1.3f);
        Assert.Equal((x - before.X) / before.Width, (x - after.X) / after.Width, 0.002f);
        Assert.Equal((y - before.Y) / before.Height, (y - after.Y) / after.Height, 0.002f);
    }

    private static async Task ItMovesButLeavesNoGapAsync(IPage page, Box stage)
    {
        var before = await ImageAsync(page);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(stage.X + (stage.Width * 0.55f) + 10, stage.Y + (stage.Height * 0.3f) + 25);
        await page.Mouse.UpAsync();
        var dragged = await ImageChangedFromAsync(page, before);
        Assert.Equal(before.Y + 25, dragged.Y, 0.6f);

        for (var press = 0; press < 40; press++)
        {
            await page.Keyboard.PressAsync("ArrowUp");
        }

        Assert.Equal(stage.Y, (await ImageAsync(page)).Y, 0.6f);
    }

    private static async Task TwoFingersZoomAsync(IPage page, Box stage)
    {
        var before = await ImageAsync(page);
        var fingers = await page.Context.NewCDPSessionAsync(page);
        var (x, y) = (stage.X + (stage.Width / 2), stage.Y + (stage.Height / 2));
        async Task TouchAsync(string type, params float[] apart) => await fingers.SendAsync("Input.dispatchTouchEvent", new()
        {
            ["type"] = type,
            ["touchPoints"] = apart.Select((distance, id) => new { x = x + distance, y, id }).ToArray(),
        });
        await TouchAsync("touchStart", -50, 50);
        await TouchAsync("touchMove", -100, 100);
        await TouchAsync("touchEnd");

        Assert.Equal(2, (await ImageChangedFromAsync(page, before)).Width / before.Width, 0.05f);
    }

    private static async Task NeighboursShowOnDemandAsync(IPage page)
    {
        await page.Keyboard.PressAsync("n");
        var others = page.GetByTestId("neighbours").Locator("img");
        await Assertions.Expect(others.First).ToBeVisibleAsync();
        var own = await page.GetByTestId("label-image").GetAttributeAsync("data-image");
        Assert.DoesNotContain($"/images/{own}", await others.EvaluateAllAsync<string[]>("all => all.map(i => i.getAttribute('src'))"));
        await Walk.InspectAsync(page, "labelling-neighbours");
        await page.Keyboard.PressAsync("n");
        await Assertions.Expect(page.GetByTestId("neighbours")).ToHaveCountAsync(0);
    }

    private static async Task InvertingTurnsItsColoursRoundAsync(IPage page, Box image)
    {
        var before = await BrightnessAsync(page, image);
        await page.GetByText("Adjust", new() { Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Invert" }).ClickAsync();
        await Walk.InspectAsync(page, "labelling-adjusted");
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Invert" })).ToBeHiddenAsync();

        Assert.Equal(255 - before, await BrightnessAsync(page, image), 2.0);
    }

    private static async Task TheNextBeginsWholeAndAsAdjustedAsync(IPage page, Box stage)
    {
        var image = page.GetByTestId("label-image");
        var first = await image.GetAttributeAsync("data-image");
        await page.Keyboard.PressAsync("+");
        await page.GetByText("Adjust", new() { Exact = true }).ClickAsync();
        await page.GetByLabel("Contrast").FocusAsync();
        await page.Keyboard.PressAsync("1");
        await Assertions.Expect(page.GetByTestId("session-count")).ToHaveTextAsync("1");

        Assert.NotEqual(first, await image.GetAttributeAsync("data-image"));
        await Assertions.Expect(image).Not.ToHaveAttributeAsync("style", new Regex("scale"));
        Assert.Equal(stage, await Box.OfAsync(page.Locator(".stage")));
        await page.Keyboard.PressAsync("Escape");
        var altered = page.GetByRole(AriaRole.Button, new() { Name = "changed · show as taken" });
        await altered.ClickAsync();
        await Assertions.Expect(altered).ToBeHiddenAsync();
        Assert.Equal("none", await image.EvaluateAsync<string>("i => getComputedStyle(i).filter"));
    }

    private static async Task AnAnswerIsTakenBackAndGivenAgainAsync(IPage page)
    {
        await page.Keyboard.PressAsync("Control+z");
        await Assertions.Expect(page.GetByText("Taken back:")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByTestId("session-count")).ToHaveTextAsync("0");
        // A key counts once the image is drawn.
        while (await page.GetByTestId("session-count").InnerTextAsync() == "0")
        {
            await page.Keyboard.PressAsync("Control+Shift+z");
            await page.WaitForFunctionAsync("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))");
        }

        await Assertions.Expect(page.GetByText("Stored:")).ToBeVisibleAsync();
    }

    private static Task<Box> ImageAsync(IPage page) => Box.OfAsync(page.GetByTestId("label-image"));

    private static async Task<Box> ImageChangedFromAsync(IPage page, Box before)
    {
        await page.WaitForFunctionAsync(
            "before => { const now = document.querySelector('img.current').getBoundingClientRect(); return Math.abs(now.width - before.width) + Math.abs(now.y - before.y) > 1; }",
            new { width = (double)before.Width, y = (double)before.Y });
        return await ImageAsync(page);
    }

    /// <summary>Mean of what is painted in the middle of the image, 0 to 255.</summary>
    private static async Task<double> BrightnessAsync(IPage page, Box image)
    {
        var picture = await page.ScreenshotAsync(new PageScreenshotOptions
        {
            Clip = new Clip { X = image.X + (image.Width / 3), Y = image.Y + (image.Height / 3), Width = image.Width / 3, Height = image.Height / 3 },
        });
        using var bitmap = SKBitmap.Decode(picture);
        return bitmap.Pixels.Average(p => (p.Red + p.Green + p.Blue) / 3.0);
    }
}
