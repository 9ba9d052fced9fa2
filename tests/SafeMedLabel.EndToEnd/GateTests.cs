using Microsoft.Playwright;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>Which model is active, as a lead sees and decides it.</summary>
public sealed class GateTests
{
    private const string Reason = "Compared by hand on 500 cells of March.";

    [Fact]
    public async Task A_refused_model_is_inactive_until_a_lead_signs_for_it_and_one_click_goes_back()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var room = await ReadingRoom.OpenAsync(cells: 40, cancellationToken: cancellation);
        var (passed, refused) = await SeededRounds.AddAsync(room.Server, cancellation);
        var page = room.Page;

        await page.GotoAsync("/projects/1");
        await Assertions.Expect(page.GetByTestId("active-round")).ToHaveTextAsync("Round 1");
        await Assertions.Expect(page.GetByTestId("active-model")).ToContainTextAsync("it passed the safety gate");
        await Assertions.Expect(page.GetByTestId("certificate")).ToContainTextAsync("Certified over 0.9312");
        await Walk.InspectAsync(page, "dashboard-gate");

        await page.GotoAsync($"/projects/1/rounds/{refused}");
        await Assertions.Expect(page.GetByTestId("gate").GetByTestId("gate-verdict").First).ToHaveTextAsync("fail");
        await Assertions.Expect(page.GetByTestId("certificate")).ToContainTextAsync("No certificate");
        await Assertions.Expect(page.GetByTestId("is-active")).ToHaveCountAsync(0);
        await Walk.InspectAsync(page, "round-refused");

        await SignAsync(page);
        await Assertions.Expect(page.GetByTestId("is-active")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByTestId("override-notice")).ToContainTextAsync(Reason);
        await Walk.InspectAsync(page, "round-overridden");

        await page.GotoAsync("/projects/1");
        await Assertions.Expect(page.GetByTestId("override-notice")).ToContainTextAsync($"the gate said 'fail', and Ada Admin signed");
        await Walk.InspectAsync(page, "dashboard-overridden");
        await page.GetByRole(AriaRole.Button, new() { Name = "Dark theme" }).ClickAsync();
        await Walk.InspectAsync(page, "dashboard-overridden-dark");

        await page.GetByTestId("roll-back").ClickAsync();
        await Assertions.Expect(page.GetByTestId("active-round")).ToHaveTextAsync("Round 1");
        await Assertions.Expect(page.GetByTestId("override-notice")).ToHaveCountAsync(0);
        await page.GotoAsync($"/projects/1/rounds/{passed}");
        await Assertions.Expect(page.GetByTestId("is-active")).ToBeVisibleAsync();
        await Walk.InspectAsync(page, "round-passed-dark");
    }

    /// <summary>Not without a reason, not with a wrong password.</summary>
    private static async Task SignAsync(IPage page)
    {
        await page.GetByTestId("override").ClickAsync();
        await Assertions.Expect(page.GetByTestId("override-sign")).ToBeDisabledAsync();
        await page.GetByTestId("override-password").FillAsync("correct horse battery");
        await page.GetByTestId("override-sign").ClickAsync();
        await Assertions.Expect(page.GetByTestId("override-error")).ToContainTextAsync("Please give a reason");
        await page.GetByTestId("override-reason").FillAsync(Reason);
        await page.GetByTestId("override-password").FillAsync("wrong horse battery");
        await page.GetByTestId("override-password").PressAsync("Enter");
        await Assertions.Expect(page.GetByTestId("override-error")).ToHaveTextAsync("This is not your password.");
        await Walk.InspectAsync(page, "override");
        await page.GetByTestId("override-password").FillAsync("correct horse battery");
        await page.GetByTestId("override-sign").ClickAsync();
    }
}
