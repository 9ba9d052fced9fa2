using System.Text.RegularExpressions;
using Microsoft.Playwright;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>A reader without a mouse.</summary>
public sealed class KeyboardTests
{
    [Fact]
    public async Task A_reader_comes_to_the_queue_answers_takes_back_and_changes_how_they_read_by_keys_alone()
    {
        await using var room = await ReadingRoom.OpenAsync(cells: 40, cancellationToken: TestContext.Current.CancellationToken);
        var page = room.Page;
        await page.GotoAsync("/");
        await EnterAsync(page, "label-link");
        await Walk.AnswerAsync(page, "1");
        await EnterAsync(page, "undo");
        await Assertions.Expect(page.GetByTestId("last-answer")).ToHaveTextAsync("Taken back: Parasitized.");
        await Walk.WaitForImageAsync(page);
        await EnterAsync(page, "class-button-1");
        await Assertions.Expect(page.GetByTestId("last-answer")).ToHaveTextAsync("Stored: Uninfected.");

        await page.Keyboard.PressAsync("?");
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog, new() { Name = "Keys" })).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog, new() { Name = "Keys" })).ToHaveCountAsync(0);
        await EnterAsync(page, "preferences");
        await TabToAsync(page, "text-size");
        await page.Keyboard.PressAsync("ArrowDown");
        await EnterAsync(page, "save-preferences");
        await Assertions.Expect(page.Locator(".reading-room")).ToHaveClassAsync(new Regex("text-large"));
    }

    private static async Task EnterAsync(IPage page, string testId)
    {
        await TabToAsync(page, testId);
        await page.Keyboard.PressAsync("Enter");
    }

    private static async Task TabToAsync(IPage page, string testId)
    {
        await Assertions.Expect(page.GetByTestId(testId)).ToBeVisibleAsync();
        for (var press = 0; press < 60; press++)
        {
            await page.Keyboard.PressAsync("Tab");
            if (await page.EvaluateAsync<string?>("() => document.activeElement?.dataset.testid") == testId)
            {
                return;
            }
        }

        Assert.Fail($"'{testId}' cannot be reached with the Tab key.");
    }
}
