using System.Diagnostics;
using Microsoft.Playwright;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.Benchmarks;

/// <summary>
/// Images a minute, one by one and in grids, of a scripted reader in Chromium against the real server. The reader takes as long to look at an
/// image in a grid as at one alone, and as long for a mark as for a key; one image in twelve is an exception, which they then read alone. A
/// second figure of each leaves their time out: what the pages alone would allow.
/// </summary>
internal static class ReadingBenchmark
{
    private const int Images = 120;
    private const int Exceptions = 2;
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Hand = TimeSpan.FromSeconds(0.3);

    public static async Task<object> RunAsync()
    {
        await using var room = await ReadingRoom.OpenAsync(cells: 12 * Images);
        var page = room.Page;
        await room.Server.RankAsync(CancellationToken.None);
        // The pages are in the browser's cache afterwards, and the server's code is compiled.
        await OneByOneAsync(page, 10, hurried: true);
        await InGridsAsync(page, 24, hurried: true);
        return new
        {
            SingleImagesPerMinute = await OneByOneAsync(page, Images, hurried: false),
            GridImagesPerMinute = await InGridsAsync(page, Images, hurried: false),
            SingleImagesPerMinuteOfThePage = await OneByOneAsync(page, Images, hurried: true),
            GridImagesPerMinuteOfThePage = await InGridsAsync(page, Images, hurried: true),
        };
    }

    private static async Task<double> OneByOneAsync(IPage page, int images, bool hurried)
    {
        await page.GotoAsync("/projects/1/label");
        await Walk.WaitForImageAsync(page);
        var clock = Stopwatch.StartNew();
        await ReadAsync(page, images, hurried);
        return PerMinute(images, clock);
    }

    private static async Task<double> InGridsAsync(IPage page, int images, bool hurried)
    {
        await page.GotoAsync("/projects/1/grid");
        await Walk.WaitForGridAsync(page);
        var clock = Stopwatch.StartNew();
        for (var read = 0; read < images; read += 24)
        {
            await PauseAsync(24 * Look, hurried);
            for (var exception = 0; exception < Exceptions; exception++)
            {
                await PauseAsync(Hand, hurried);
                await page.GetByTestId("cells").Locator("button").Nth(7 * exception).ClickAsync();
            }

            await PauseAsync(Hand, hurried);
            var grid = await page.GetByTestId("cells").GetAttributeAsync("data-grid");
            await page.Keyboard.PressAsync("Enter");
            await page.WaitForFunctionAsync("grid => document.querySelector('.cells')?.dataset.grid !== grid", grid);
            await Walk.WaitForGridAsync(page);
        }

        await PauseAsync(Hand, hurried);
        await page.Keyboard.PressAsync("g");
        await Walk.WaitForImageAsync(page);
        await ReadAsync(page, Exceptions * images / 24, hurried);
        return PerMinute(images, clock);
    }

    private static async Task ReadAsync(IPage page, int images, bool hurried)
    {
        for (var image = 0; image < images; image++)
        {
            await PauseAsync(Look + Hand, hurried);
            var shown = await Walk.WaitForImageAsync(page);
            await page.Keyboard.PressAsync("1");
            await page.WaitForFunctionAsync("image => document.querySelector('.stage')?.dataset.shown !== image", shown.ToString());
        }
    }

    private static Task PauseAsync(TimeSpan time, bool hurried) => hurried ? Task.CompletedTask : Task.Delay(time);

    private static double PerMinute(int images, Stopwatch clock) => Math.Round(images / clock.Elapsed.TotalMinutes, 1);
}
