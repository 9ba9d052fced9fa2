using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>Many images at once, and what the model says once they are read. The model's part is written into the database; TheLoopTests trains a real one.</summary>
public sealed class GridTests : IAsyncLifetime
{
    private ReadingRoom _room = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private RunningServer Server => _room.Server;

    private IPage Page => _room.Page;

    public async ValueTask InitializeAsync() => _room = await ReadingRoom.OpenAsync(cells: 160, cancellationToken: Cancellation);

    public ValueTask DisposeAsync() => _room.DisposeAsync();

    [Fact]
    public async Task A_reader_confirms_a_grid_but_for_its_exceptions_takes_it_back_and_reads_the_exceptions_one_by_one()
    {
        await Page.GotoAsync("/projects/1/grid");
        await Assertions.Expect(Page.GetByText("No round has proposed classes yet")).ToBeVisibleAsync();
        await Server.RankAsync(Cancellation);
        await Page.GotoAsync("/projects/1/label");
        await Page.GetByTestId("grid-link").ClickAsync();
        await Walk.WaitForGridAsync(Page);
        await Walk.InspectAsync(Page, "grid");

        var cells = Page.GetByTestId("cells").Locator("button");
        await Assertions.Expect(cells).ToHaveCountAsync(24);
        await cells.Nth(3).ClickAsync();
        await Page.Keyboard.PressAsync("ArrowRight");
        await Page.Keyboard.PressAsync("Space");
        await Assertions.Expect(cells.Nth(4)).ToHaveAttributeAsync("aria-pressed", "true");
        await Walk.InspectAsync(Page, "grid-exceptions");
        var exceptions = new[] { await ImageAsync(cells.Nth(3)), await ImageAsync(cells.Nth(4)) };
        await Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(Page.GetByTestId("last-answer")).ToHaveTextAsync("Stored: 22 × Parasitized. Exceptions, next one by one: 2.");
        await Assertions.Expect(Page.GetByTestId("session-count")).ToHaveTextAsync("22");
        await Walk.WaitForGridAsync(Page);
        await Page.Keyboard.PressAsync("Control+z");
        await Assertions.Expect(Page.GetByTestId("last-answer")).ToHaveTextAsync("Taken back: 22 × Parasitized.");
        Assert.Equal(0, await CountAsync(AnswerKind.Label) - await CountAsync(AnswerKind.Undo));
        await Walk.WaitForGridAsync(Page);
        await Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(Page.GetByTestId("session-count")).Not.ToHaveTextAsync("0");

        await Page.Keyboard.PressAsync("g");
        await Assertions.Expect(Page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("/label$"));
        var first = await Walk.AnswerAsync(Page, "2");
        Assert.Contains(first, exceptions);
        await using var db = Server.OpenDatabase();
        var answer = await db.LabelEvents.SingleAsync(e => e.ImageId == Guid.Parse(first) && e.Kind == AnswerKind.Label, Cancellation);
        Assert.Equal((Aid.Unaided, QueueReason.GridException), (answer.Aid, answer.Reason!.Value));
    }

    [Fact]
    public async Task A_reader_sees_what_the_model_says_after_the_answer_and_changes_it_and_the_lead_sees_how_often()
    {
        await Server.RankAsync(Cancellation);
        await Page.GotoAsync("/projects/1/settings");
        await Page.GetByLabel("Readers may see what the model says").CheckAsync();
        await Walk.InspectAsync(Page, "settings");
        await Page.GetByTestId("save-settings").ClickAsync();
        await Assertions.Expect(Page.GetByText("Saved.")).ToBeVisibleAsync();
        await Page.GotoAsync("/projects/1/label");
        var image = await Walk.AnswerAsync(Page, "2");
        await Page.GetByTestId("look").ClickAsync();

        await Assertions.Expect(Page.GetByTestId("opinion")).ToHaveTextAsync("You said Uninfected. The model says Parasitized: 99 % over 50 passes.");
        await Assertions.Expect(Page.GetByTestId("label-image")).ToHaveAttributeAsync("data-image", image);
        await Walk.InspectAsync(Page, "second-look");
        await Walk.AnswerAsync(Page, "1");
        await Assertions.Expect(Page.GetByTestId("last-answer")).ToHaveTextAsync("Stored: Parasitized.");
        await Page.Keyboard.PressAsync("Control+z");
        await Assertions.Expect(Page.GetByText("its answer can be changed, but not taken back")).ToBeVisibleAsync();

        await Page.GotoAsync("/projects/1/readers");
        await Assertions.Expect(Page.GetByTestId("switches")).ToContainTextAsync("100.00 %");
        await Walk.InspectAsync(Page, "readers-switches");
    }

    private static async Task<string> ImageAsync(ILocator cell) => (await cell.GetAttributeAsync("data-image"))!;

    private async Task<int> CountAsync(AnswerKind kind)
    {
        await using var db = Server.OpenDatabase();
        return await db.LabelEvents.CountAsync(e => e.Kind == kind, Cancellation);
    }
}
