using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using SafeMedLabel.Application.Datasets.Demo;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Testing;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>What becomes of an answer when the server, the network or the session goes away under it.</summary>
public sealed class NeverLostTests : IAsyncLifetime
{
    private readonly TemporaryFolder _cells = new();
    private RunningServer _server = null!;
    private IPlaywright _playwright = null!;
    private IBrowser _browser = null!;
    private IPage _page = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private ILocator Delivery => _page.Locator(".reading-room").GetByTestId("delivery");

    public async ValueTask InitializeAsync()
    {
        Chromium.Find();
        DemoDataset.Write(_cells.Path, 40, seed: 1, cancellationToken: Cancellation);
        _server = await RunningServer.StartAsync(Cancellation);
        _playwright = await Playwright.CreateAsync();
        _browser = await Chromium.LaunchAsync(_playwright);
        _page = await Walk.OpenAsync(_browser, _server);
        await Walk.SetUpAsync(_page);
        await Walk.ImportAsync(_page, _cells.Path);
        await _page.GotoAsync("/projects/1/label");
        await Walk.AnswerAsync(_page, "1");
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
        await _server.DisposeAsync();
        _cells.Dispose();
    }

    [Fact]
    public async Task An_answer_under_way_when_the_server_is_killed_is_stored_once_when_it_is_back()
    {
        var image = await Walk.WaitForImageAsync(_page);
        await _server.FreezeAsync();
        await _page.Keyboard.PressAsync("2");
        await Assertions.Expect(Delivery).ToContainTextAsync("is kept in this page");
        await Walk.InspectAsync(_page, "answer-kept");
        await _server.KillAsync();
        await Assertions.Expect(_page.GetByText("The connection to the server is lost.")).ToBeVisibleAsync();
        await Walk.InspectAsync(_page, "connection-lost");
        await _server.StartAgainAsync(Cancellation);

        await Assertions.Expect(_page.GetByTestId("last-answer")).ToHaveTextAsync("Your last answer: Uninfected.");
        await AssertReadOnceAsync(image, 1);
        Assert.NotEqual(image, await Walk.WaitForImageAsync(_page));
    }

    [Fact]
    public async Task An_answer_given_while_the_server_stands_still_is_stored_once_when_it_goes_on()
    {
        var image = await Walk.WaitForImageAsync(_page);
        await _server.FreezeAsync();
        await _page.Keyboard.PressAsync("2");
        await _page.Keyboard.PressAsync("1");
        await Assertions.Expect(Delivery).ToContainTextAsync("Uninfected");
        await _server.ThawAsync();

        await Assertions.Expect(_page.GetByTestId("last-answer")).ToHaveTextAsync("Stored: Uninfected.");
        await Assertions.Expect(Delivery).ToBeHiddenAsync();
        await AssertReadOnceAsync(image, 1);
    }

    [Fact]
    public async Task An_answer_given_after_the_session_ended_waits_until_its_reader_has_signed_in_again()
    {
        var image = await Walk.WaitForImageAsync(_page);
        await _server.FreezeAsync();
        await _page.Keyboard.PressAsync("2");
        await _page.Context.ClearCookiesAsync();
        await _server.KillAsync();
        await _server.StartAgainAsync(Cancellation);
        await Assertions.Expect(_page.Locator(".reconnect").GetByTestId("delivery")).ToContainTextAsync("Sign in again");
        await Walk.SignInAsync(await _page.Context.NewPageAsync(), "ada@example.org");

        await Assertions.Expect(_page.GetByTestId("last-answer")).ToHaveTextAsync("Your last answer: Uninfected.");
        await AssertReadOnceAsync(image, 1);
    }

    [Fact]
    public async Task What_was_answered_can_be_taken_back_after_the_page_was_loaded_anew()
    {
        var image = await Walk.WaitForImageAsync(_page);
        await Walk.AnswerAsync(_page, "2");
        await _page.ReloadAsync();
        await Assertions.Expect(_page.GetByTestId("last-answer")).ToHaveTextAsync("Your last answer: Uninfected.");
        await Walk.WaitForImageAsync(_page);
        await _page.Keyboard.PressAsync("Control+z");

        await Assertions.Expect(_page.GetByTestId("last-answer")).ToHaveTextAsync("Taken back: Uninfected.");
        Assert.Equal(image, await Walk.WaitForImageAsync(_page));
        await Walk.AnswerAsync(_page, "1");
        await AssertReadOnceAsync(image, 0);
    }

    private async Task AssertReadOnceAsync(Guid image, int classIndex)
    {
        await using var db = _server.OpenDatabase();
        var answer = await db.Answers.SingleAsync(a => a.ImageId == image, Cancellation);
        Assert.Equal(classIndex, answer.ClassIndex);
        var given = await db.LabelEvents.Where(e => e.ImageId == image && e.Kind == AnswerKind.Label).OrderBy(e => e.Id).ToListAsync(Cancellation);
        Assert.Equal(answer.EventId, given[^1].Id);
        Assert.Single(given, e => e.ClassIndex == classIndex);
    }
}
