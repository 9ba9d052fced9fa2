using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.Benchmarks;

/// <summary>
/// From a key's press to the next image's paint, in Chromium against the real server, on synthetic cells. The browser's own clock is read:
/// at the key's event, and two frames after the next image was decoded in front, when it is on the screen for certain.
/// </summary>
internal static class PageBenchmark
{
    private const int WarmUp = 20;
    private const int Presses = 300;

    /// <summary>Keeps the milliseconds of each press, from now on.</summary>
    private const string Watch = """
        () => {
          let pressed = 0;
          globalThis.times = [];
          addEventListener("keydown", event => { pressed = event.timeStamp; }, { capture: true });
          new MutationObserver(() => times.push(performance.now() - pressed)).observe(document.querySelector(".stage"), { attributeFilter: ["data-shown"] });
        }
        """;

    public static async Task<object> RunAsync()
    {
        await using var room = await ReadingRoom.OpenAsync(cells: 2 * (WarmUp + Presses));
        var page = room.Page;
        await page.GotoAsync("/projects/1/label");
        await page.WaitForFunctionAsync("() => document.querySelector('.stage')?.dataset.shown");
        await page.EvaluateAsync(Watch);
        for (var press = 1; press <= WarmUp + Presses; press++)
        {
            await page.Keyboard.PressAsync(press % 2 == 0 ? "1" : "2");
            await page.WaitForFunctionAsync("count => times.length === count", press);
        }

        var times = await page.EvaluateAsync<double[]>("() => times");
        var warm = times.Skip(WarmUp);
        return new { KeyToImageP50Ms = Times.Percentile(warm, 0.5), KeyToImageP95Ms = Times.Percentile(warm, 0.95) };
    }
}
