using Microsoft.Playwright;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>The reading pages as a reader wants them.</summary>
public sealed class PreferencesTests
{
    [Fact]
    public async Task A_reader_chooses_colours_text_language_and_keys_and_has_them_at_the_next_computer()
    {
        await using var room = await ReadingRoom.OpenAsync(cells: 40, cancellationToken: TestContext.Current.CancellationToken);
        var page = room.Page;
        await page.GotoAsync("/projects/1/label");
        await Walk.WaitForImageAsync(page);
        foreach (var (theme, size) in new[] { ("Dark", "VeryLarge"), ("Grey", "Large"), ("Light", "Normal") })
        {
            await page.GetByTestId("preferences").ClickAsync();
            await Walk.InspectAsync(page, $"preferences-{(theme, size) switch { ("Dark", _) => "dark", ("Grey", _) => "dark-very-large", _ => "grey-large" }}");
            await page.GetByTestId("theme").SelectOptionAsync(theme);
            await page.GetByTestId("text-size").SelectOptionAsync(size);
            await page.GetByTestId("save-preferences").ClickAsync();
            await Assertions.Expect(page.GetByTestId("preferences-panel")).ToBeHiddenAsync();
            await Walk.AnswerAsync(page, "1");
            await Walk.InspectAsync(page, $"labelling-{theme.ToLowerInvariant()}");
        }

        await ChangeKeysAndLanguageAsync(page);
        var elsewhere = await Walk.OpenAsync(room.Browser, room.Server);
        await Walk.SignInAsync(elsewhere, "ada@example.org");
        await elsewhere.GotoAsync("/projects/1/label");
        await Walk.AnswerAsync(elsewhere, "s");
        await Assertions.Expect(elsewhere.GetByTestId("last-answer")).ToHaveTextAsync("Gespeichert: Uninfected.");
        await elsewhere.GetByTestId("summary").ClickAsync();
        await Walk.InspectAsync(elsewhere, "session-summary-de");
    }

    [Fact]
    public async Task Who_has_chosen_no_language_reads_in_the_browsers()
    {
        await using var room = await ReadingRoom.OpenAsync(cells: 40, language: "sw-KE", cancellationToken: TestContext.Current.CancellationToken);
        var page = room.Page;
        await page.GotoAsync("/projects/1/label");
        await Walk.WaitForImageAsync(page);

        await Assertions.Expect(page.Locator(".reading-room")).ToHaveAttributeAsync("lang", "sw");
        await Walk.InspectAsync(page, "labelling-sw");
    }

    private static async Task ChangeKeysAndLanguageAsync(IPage page)
    {
        await page.GetByTestId("preferences").ClickAsync();
        await page.GetByText("Keys", new() { Exact = true }).ClickAsync();
        await page.GetByTestId("key-class1").FillAsync("f");
        await page.GetByTestId("save-preferences").ClickAsync();
        await Assertions.Expect(page.GetByText("The key F stands for two things.")).ToBeVisibleAsync();
        await page.GetByTestId("key-class1").FillAsync("a");
        await page.GetByTestId("key-class2").FillAsync("s");
        await Walk.InspectAsync(page, "preferences-keys");
        await page.GetByTestId("language").SelectOptionAsync("de");
        await page.GetByTestId("save-preferences").ClickAsync();
        await Assertions.Expect(page.GetByTestId("undo")).ToContainTextAsync("Rückgängig");
        await Walk.AnswerAsync(page, "a");
        await Assertions.Expect(page.GetByTestId("last-answer")).ToHaveTextAsync("Gespeichert: Parasitized.");
    }
}
