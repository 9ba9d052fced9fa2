using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using SafeMedLabel.Application.Datasets.Demo;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Testing;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>Many images at once, and what the model says once they are read. The model's part is written into the database; TheLoopTests trains a real one.</summary>
public sealed class GridTests : IAsyncLifetime
{
    private readonly TemporaryFolder _cells = new();
    private RunningServer _server = null!;
    private IPlaywright _playwright = null!;
    private IBrowser _browser = null!;
    private IPage _page = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Chromium.Find();
        DemoDataset.Write(_cells.Path, 160, seed: 1, cancellationToken: Cancellation);
        _server = await RunningServer.StartAsync(Cancellation);
        _playwright = await Playwright.CreateAsync();
        _browser = await Chromium.LaunchAsync(_playwright);
        _page = await Walk.OpenAsync(_browser, _server);
        await Walk.SetUpAsync(_page);
        await Walk.ImportAsync(_page, _cells.Path);
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
        await _server.DisposeAsync();
        _cells.Dispose();
    }

    [Fact]
    public async Task A_reader_confirms_a_grid_but_for_its_exceptions_takes_it_back_and_reads_the_exceptions_one_by_one()
    {
        await _page.GotoAsync("/projects/1/grid");
        await Assertions.Expect(_page.GetByText("No round has proposed classes yet")).ToBeVisibleAsync();
        await _server.RankAsync(Cancellation);
        await _page.GotoAsync("/projects/1/label");
        await _page.GetByTestId("grid-link").ClickAsync();
        await Walk.WaitForGridAsync(_page);
        await Walk.InspectAsync(_page, "grid");

        var cells = _page.GetByTestId("cells").Locator("button");
        await Assertions.Expect(cells).ToHaveCountAsync(24);
        await cells.Nth(3).ClickAsync();
        await _page.Keyboard.PressAsync("ArrowRight");
        await _page.Keyboard.PressAsync("Space");
        await Assertions.Expect(cells.Nth(4)).ToHaveAttributeAsync("aria-pressed", "true");
        await Walk.InspectAsync(_page, "grid-exceptions");
        var exceptions = new[] { await ImageAsync(cells.Nth(3)), await ImageAsync(cells.Nth(4)) };
        await _page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(_page.GetByTestId("last-answer")).ToHaveTextAsync("Stored: 22 × Parasitized. Exceptions, next one by one: 2.");
        await Assertions.Expect(_page.GetByTestId("session-count")).ToHaveTextAsync("22");
        await Walk.WaitForGridAsync(_page);
        await _page.Keyboard.PressAsync("Control+z");
        await Assertions.Expect(_page.GetByTestId("last-answer")).ToHaveTextAsync("Taken back: 22 × Parasitized.");
        Assert.Equal(0, await CountAsync(AnswerKind.Label) - await CountAsync(AnswerKind.Undo));
        await Walk.WaitForGridAsync(_page);
        await _page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(_page.GetByTestId("session-count")).Not.ToHaveTextAsync("0");

        await _page.Keyboard.PressAsync("g");
        await Assertions.Expect(_page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("/label$"));
        var first = await Walk.AnswerAsync(_page, "2");
        Assert.Contains(first, exceptions);
        await using var db = _server.OpenDatabase();
        var answer = await db.LabelEvents.SingleAsync(e => e.ImageId == Guid.Parse(first) && e.Kind == AnswerKind.Label, Cancellation);
        Assert.Equal((Aid.Unaided, QueueReason.GridException), (answer.Aid, answer.Reason!.Value));
    }

    [Fact]
    public async Task A_reader_sees_what_the_model_says_after_the_answer_and_changes_it_and_the_lead_sees_how_often()
    {
        await _server.RankAsync(Cancellation);
        await _page.GotoAsync("/projects/1/settings");
        await _page.GetByLabel("Readers may see what the model says").CheckAsync();
        await Walk.InspectAsync(_page, "settings");
        await _page.GetByTestId("save-settings").ClickAsync();
        await Assertions.Expect(_page.GetByText("Saved.")).ToBeVisibleAsync();
        await _page.GotoAsync("/projects/1/label");
        var image = await Walk.AnswerAsync(_page, "2");
        await _page.GetByTestId("look").ClickAsync();

        await Assertions.Expect(_page.GetByTestId("opinion")).ToHaveTextAsync("You said Uninfected. The model says Parasitized: 99 % over 50 passes.");
        await Assertions.Expect(_page.GetByTestId("label-image")).ToHaveAttributeAsync("data-image", image);
        await Walk.InspectAsync(_page, "second-look");
        await Walk.AnswerAsync(_page, "1");
        await Assertions.Expect(_page.GetByTestId("last-answer")).ToHaveTextAsync("Stored: Parasitized.");
        await _page.Keyboard.PressAsync("Control+z");
        await Assertions.Expect(_page.GetByText("its answer can be changed, but not taken back")).ToBeVisibleAsync();

        await _page.GotoAsync("/projects/1/readers");
        await Assertions.Expect(_page.GetByTestId("switches")).ToContainTextAsync("100.00 %");
        await Walk.InspectAsync(_page, "readers-switches");
    }

    private static async Task<string> ImageAsync(ILocator cell) => (await cell.GetAttributeAsync("data-image"))!;

    private async Task<int> CountAsync(AnswerKind kind)
    {
        await using var db = _server.OpenDatabase();
        return await db.LabelEvents.CountAsync(e => e.Kind == kind, Cancellation);
    }
}
