using Microsoft.Playwright;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>What somebody sees who is not let in.</summary>
public sealed class SignInTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_tries_too_often_is_told_when_to_come_back_and_a_wrong_password_says_nothing_of_the_account()
    {
        await using var room = await ReadingRoom.OpenAsync(cells: 24, settings: new() { ["SignIn__RequestsPerMinute"] = "6" }, cancellationToken: Cancellation);
        var page = await Walk.OpenAsync(room.Browser, room.Server);
        await page.GotoAsync("/login");
        await TryAsync(page, "nobody@example.org");
        await Assertions.Expect(page.GetByText("E-mail or password is wrong.")).ToBeVisibleAsync();
        await Walk.InspectInBothThemesAsync(page, "login-wrong");

        for (var i = 0; i < 60 && !await page.GetByRole(AriaRole.Heading, new() { Name = "Too many tries" }).IsVisibleAsync(); i++)
        {
            await TryAsync(page, "nobody@example.org");
        }

        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Too many tries" })).ToBeVisibleAsync();
        await Walk.InspectInBothThemesAsync(page, "login-too-many");
    }

    private static async Task TryAsync(IPage page, string address)
    {
        await page.FillAsync("#email", address);
        await page.FillAsync("#password", "wrong horse battery");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        // The answer's page has an empty field, which must be filled, or none.
        await Assertions.Expect(page.Locator("#password:invalid, h1:text('Too many tries')")).ToBeVisibleAsync();
    }
}
