using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>What becomes of an answer when the server, the network or the session goes away under it.</summary>
public sealed class NeverLostTests : IAsyncLifetime
{
    private ReadingRoom _room = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private RunningServer Server => _room.Server;

    private IPage Page => _room.Page;

    private ILocator Delivery => Page.Locator(".reading-room").GetByTestId("delivery");

    public async ValueTask InitializeAsync()
    {
        _room = await ReadingRoom.OpenAsync(cells: 40, cancellationToken: Cancellation);
        await Page.GotoAsync("/projects/1/label");
        await Walk.AnswerAsync(Page, "1");
    }

    public ValueTask DisposeAsync() => _room.DisposeAsync();

    [Fact]
    public async Task An_answer_under_way_when_the_server_is_killed_is_stored_once_when_it_is_back()
    {
        var image = await Walk.WaitForImageAsync(Page);
        await Server.FreezeAsync();
        await Page.Keyboard.PressAsync("2");
        await Assertions.Expect(Delivery).ToContainTextAsync("is kept in this page");
        await Walk.InspectAsync(Page, "answer-kept");
        await Server.KillAsync();
        await Assertions.Expect(Page.GetByText("The connection to the server is lost.")).ToBeVisibleAsync();
        await Walk.InspectAsync(Page, "connection-lost");
        await Server.StartAgainAsync(Cancellation);

        await Assertions.Expect(Page.GetByTestId("last-answer")).ToHaveTextAsync("Your last answer: Uninfected.");
        await AssertReadOnceAsync(image, 1);
        Assert.NotEqual(image, await Walk.WaitForImageAsync(Page));
    }

    [Fact]
    public async Task An_answer_given_while_the_server_stands_still_is_stored_once_when_it_goes_on()
    {
        var image = await Walk.WaitForImageAsync(Page);
        await Server.FreezeAsync();
        await Page.Keyboard.PressAsync("2");
        await Page.Keyboard.PressAsync("1");
        await Assertions.Expect(Delivery).ToContainTextAsync("Uninfected");
        await Server.ThawAsync();

        await Assertions.Expect(Page.GetByTestId("last-answer")).ToHaveTextAsync("Stored: Uninfected.");
        await Assertions.Expect(Delivery).ToBeHiddenAsync();
        await AssertReadOnceAsync(image, 1);
    }

    [Fact]
    public async Task An_answer_given_while_the_network_is_cut_is_stored_once_when_it_is_back()
    {
        var connection = await ReconnectAsync();
        var image = await Walk.WaitForImageAsync(Page);
        await connection.CutAsync();
        await Assertions.Expect(Page.GetByText("The connection to the server is lost.")).ToBeVisibleAsync();
        await Page.Keyboard.PressAsync("2");
        await Assertions.Expect(Page.Locator(".reconnect").GetByTestId("delivery")).ToContainTextAsync("Uninfected, is kept in this page");
        await connection.MendAsync();

        await Assertions.Expect(Page.GetByTestId("last-answer")).ToHaveTextAsync("Stored: Uninfected.");
        await Assertions.Expect(Page.GetByText("The connection to the server is lost.")).ToBeHiddenAsync();
        await AssertReadOnceAsync(image, 1);
    }

    [Fact]
    public async Task An_image_is_answered_only_once_the_answer_before_it_is_known_to_be_stored()
    {
        var connection = await ReconnectAsync();
        var first = await Walk.WaitForImageAsync(Page);
        connection.HoldReplies();
        await Page.Keyboard.PressAsync("1");
        await Page.WaitForFunctionAsync("id => document.querySelector('img.current').dataset.image !== id", first.ToString());
        await Assertions.Expect(Delivery).ToHaveTextAsync("Storing: Parasitized…");
        await Assertions.Expect(Page.Locator("[data-shown]")).ToHaveAttributeAsync("data-shown", first.ToString());
        connection.ReleaseReplies();
        var second = await Walk.WaitForImageAsync(Page);
        await Walk.AnswerAsync(Page, "1");

        await Assertions.Expect(Page.GetByTestId("last-answer")).ToHaveTextAsync("Stored: Parasitized.");
        await AssertReadOnceAsync(first, 0);
        await AssertReadOnceAsync(second, 0);
    }

    [Fact]
    public async Task An_answer_given_after_the_session_ended_waits_until_its_reader_has_signed_in_again()
    {
        var image = await Walk.WaitForImageAsync(Page);
        await Server.FreezeAsync();
        await Page.Keyboard.PressAsync("2");
        await Page.Context.ClearCookiesAsync();
        await Server.KillAsync();
        await Server.StartAgainAsync(Cancellation);
        await Assertions.Expect(Page.Locator(".reconnect").GetByTestId("delivery")).ToContainTextAsync("Sign in again");
        await Walk.SignInAsync(await Page.Context.NewPageAsync(), "ada@example.org");

        await Assertions.Expect(Page.GetByTestId("last-answer")).ToHaveTextAsync("Your last answer: Uninfected.");
        await AssertReadOnceAsync(image, 1);
    }

    [Fact]
    public async Task An_answer_under_way_when_its_tab_is_closed_is_stored_all_the_same()
    {
        var connection = await ReconnectAsync();
        var image = await Walk.WaitForImageAsync(Page);
        connection.DropCalls();
        await Page.Keyboard.PressAsync("2");
        await Assertions.Expect(Delivery).ToHaveTextAsync("Storing: Uninfected…");
        var asked = new TaskCompletionSource<string>();
        Page.Dialog += async (_, dialog) =>
        {
            asked.SetResult(dialog.Type);
            await dialog.AcceptAsync();
        };
        await Page.CloseAsync(new PageCloseOptions { RunBeforeUnload = true });

        Assert.Equal("beforeunload", await asked.Task.WaitAsync(Cancellation));
        await using var db = Server.OpenDatabase();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromMinutes(1));
        while (!await db.Answers.AnyAsync(a => a.ImageId == image, patience.Token))
        {
            await Task.Delay(50, patience.Token);
        }

        await AssertReadOnceAsync(image, 1);
    }

    [Fact]
    public async Task What_was_answered_can_be_taken_back_after_the_page_was_loaded_anew()
    {
        var image = await Walk.WaitForImageAsync(Page);
        await Walk.AnswerAsync(Page, "2");
        await Page.ReloadAsync();
        await Assertions.Expect(Page.GetByTestId("last-answer")).ToHaveTextAsync("Your last answer: Uninfected.");
        await Walk.WaitForImageAsync(Page);
        await Page.Keyboard.PressAsync("Control+z");

        await Assertions.Expect(Page.GetByTestId("last-answer")).ToHaveTextAsync("Taken back: Uninfected.");
        Assert.Equal(image, await Walk.WaitForImageAsync(Page));
        await Walk.AnswerAsync(Page, "1");
        await AssertReadOnceAsync(image, 0);
    }

    // A page that is loaded anew, through a network that the test holds in its hands.
    private async Task<PageConnection> ReconnectAsync()
    {
        var connection = await PageConnection.UnderAsync(Page);
        await Page.ReloadAsync();
        return connection;
    }

    private async Task AssertReadOnceAsync(Guid image, int classIndex)
    {
        await using var db = Server.OpenDatabase();
        var answer = await db.Answers.SingleAsync(a => a.ImageId == image, Cancellation);
        Assert.Equal(classIndex, answer.ClassIndex);
        var given = await db.LabelEvents.Where(e => e.ImageId == image && e.Kind == AnswerKind.Label).OrderBy(e => e.Id).ToListAsync(Cancellation);
        Assert.Equal(answer.EventId, given[^1].Id);
        Assert.Single(given, e => e.ClassIndex == classIndex);
    }
}
