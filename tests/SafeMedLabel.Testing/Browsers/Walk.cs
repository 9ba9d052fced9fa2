using System.Text.RegularExpressions;
using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace SafeMedLabel.Testing.Browsers;

/// <summary>What browser tests do on their way: the first account, a project with images, a look at a page.</summary>
public static class Walk
{
    private const float Patience = 300_000;
    private const string Password = "correct horse battery";

    /// <summary>
    /// A colour on its way to another is neither of them. Some set out a frame after the page's width has changed, when the mouse is no
    /// longer over a button.
    /// </summary>
    private const string Settled = """
        async () => {
          const frames = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
          const moving = () => document.getAnimations().filter(a => a instanceof CSSTransition);
          for (await frames(); moving().length > 0; await frames()) await Promise.allSettled(moving().map(a => a.finished));
        }
        """;

    /// <summary>
    /// The rules of axe that a page breaks. Run in the page itself: its library for Playwright opens a second page each time, for frames of which
    /// ours have none, and brings back all that is right too, which took a third of what these tests compute.
    /// </summary>
    private const string Violations = """
        async () => {
          const { violations } = await axe.run({ resultTypes: ["violations"] });
          return violations.map(v => `${v.help}: ${v.nodes.map(n => n.html).join(", ")}`);
        }
        """;

    /// <summary>The theme's background; empty on pages without a theme of the server's.</summary>
    private const string Background = "() => getComputedStyle(document.documentElement).getPropertyValue('--mud-palette-background')";

    private static readonly string Axe = new BundledAxeScriptProvider().GetScript();

    /// <summary>Whether the guides' pictures are made anew.</summary>
    public static bool UpdatesGuides => Environment.GetEnvironmentVariable("SAFEMED_UPDATE_DOCS") is { Length: > 0 };

    /// <summary>A page on a server, as wide as a reader's screen.</summary>
    public static Task<IPage> OpenAsync(IBrowser browser, RunningServer server) => OpenAsync(browser, server.Address);

    /// <summary>A page at an address, whose certificate may be its own; of somebody who is signed in, where their cookies are given.</summary>
    public static async Task<IPage> OpenAsync(IBrowser browser, Uri address, string language = "en-GB", string? signedIn = null)
    {
        var context = await browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = address.ToString(),
            IgnoreHTTPSErrors = true,
            Locale = language,
            StorageState = signedIn,
            ViewportSize = new ViewportSize { Width = 1440, Height = 900 },
        });
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout(60_000);
        Assertions.SetDefaultExpectTimeout(60_000);
        return page;
    }

    /// <summary>An empty server's first page, and its first account.</summary>
    public static async Task SetUpAsync(IPage page)
    {
        await page.GotoAsync("/");
        await Assertions.Expect(page).ToHaveURLAsync(new Regex("/setup$"));
        await page.FillAsync("#displayName", "Ada Admin");
        await page.FillAsync("#email", "ada@example.org");
        await page.FillAsync("#password", Password);
        await page.FillAsync("#confirm", Password);
        await page.ClickAsync("button[type=submit]");
    }

    /// <summary>A pathologist's account, made by an admin.</summary>
    public static async Task AddReaderAsync(IPage page, string name, string email)
    {
        await page.GotoAsync("/admin/users");
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync(name);
        await page.GetByTestId("account-email").FillAsync(email);
        await page.GetByLabel("First password").FillAsync(Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Create account" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Cell, new() { Name = email })).ToBeVisibleAsync();
    }

    /// <summary>To the page of projects.</summary>
    public static async Task SignInAsync(IPage page, string email)
    {
        await page.GotoAsync("/login");
        await page.FillAsync("#email", email);
        await page.FillAsync("#password", Password);
        await page.ClickAsync("button[type=submit]");
        await Assertions.Expect(page).ToHaveURLAsync(new Regex("/$"));
    }

    /// <summary>Project 1, with the images of a folder.</summary>
    public static async Task ImportAsync(IPage page, string cells)
    {
        await page.GetByTestId("new-project").ClickAsync();
        await page.GetByTestId("project-name").FillAsync("Malaria cells");
        await page.GetByTestId("create-project").ClickAsync();
        await page.GetByTestId("import-path").FillAsync(cells);
        await page.GetByTestId("start-import").ClickAsync();
        await Assertions.Expect(page.GetByTestId("import-state")).ToHaveTextAsync("Completed", new() { Timeout = Patience });
    }

    /// <summary>Changes a setting of project 1.</summary>
    public static async Task SetAsync(IPage page, string field, string value)
    {
        await page.GotoAsync("/projects/1/settings");
        await page.GetByTestId(field).FillAsync(value);
        await page.GetByTestId(field).BlurAsync();
        await page.GetByTestId("save-settings").ClickAsync();
        await Assertions.Expect(page.GetByText("Saved.")).ToBeVisibleAsync();
    }

    /// <summary>Waits until the image in front is on the screen and answers are heard; returns its key.</summary>
    public static async Task<Guid> WaitForImageAsync(IPage page)
    {
        var shown = await page.WaitForFunctionAsync("""
            () => {
              const image = document.querySelector("img.current");
              return image?.parentElement.dataset.shown === image?.dataset.image && image?.dataset.image;
            }
            """);
        return Guid.Parse((await shown.JsonValueAsync<string>())!);
    }

    /// <summary>Waits until the grid is on the screen and can be confirmed.</summary>
    public static async Task WaitForGridAsync(IPage page) =>
        await page.WaitForFunctionAsync("() => { const cells = document.querySelector('.cells'); return cells && cells.dataset.shown === cells.dataset.grid; }");

    /// <summary>Answers the image in front once it is on the screen, waits for the next, and returns the key of the one that was answered.</summary>
    public static async Task<string> AnswerAsync(IPage page, string key)
    {
        var id = (await WaitForImageAsync(page)).ToString();
        await page.Keyboard.PressAsync(key);
        await page.WaitForFunctionAsync("id => document.querySelector('img.current')?.dataset.image !== id", id);
        return id;
    }

    /// <summary>
    /// At both widths, a telephone's and a reader's: nothing is out of reach for a screen reader (the rules of axe) or to the side.
    /// Pictures are kept as <see cref="KeepAsync"/> does.
    /// </summary>
    public static async Task InspectAsync(IPage page, string name)
    {
        // Every page has its heading once it is rendered.
        await Assertions.Expect(page.Locator("h1").First).ToBeVisibleAsync();
        if (!await page.EvaluateAsync<bool>("() => 'axe' in window"))
        {
            await page.EvaluateAsync(Axe);
        }

        foreach (var (width, height, picture) in new[] { (390, 844, $"{name}-390.png"), (1440, 900, $"{name}.png") })
        {
            await page.SetViewportSizeAsync(width, height);
            await page.EvaluateAsync(Settled);
            var violations = await page.EvaluateAsync<string[]>(Violations);
            Assert.True(violations.Length == 0, $"{name} at {width} px: {string.Join("; ", violations)}");
            Assert.True(await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth") <= width, $"{name} at {width} px scrolls to the side.");
            await KeepAsync(page, picture);
        }
    }

    /// <summary>As <see cref="InspectAsync"/>, in the light and in the dark theme.</summary>
    public static async Task InspectInBothThemesAsync(IPage page, string name)
    {
        await InspectAsync(page, name);
        // The server changes the theme a moment later; in the middle of the change a page breaks the rules on contrast.
        var light = await page.EvaluateAsync<string>(Background);
        await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = ColorScheme.Dark });
        await page.WaitForFunctionAsync($"light => light === '' || ({Background})() !== light", light);
        await InspectAsync(page, $"{name}-dark");
        await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = ColorScheme.Light });
    }

    /// <summary>Keeps a picture of a page where SAFEMED_SCREENSHOTS names a folder; and, where SAFEMED_UPDATE_DOCS is set, in the guides that show it.</summary>
    public static async Task KeepAsync(IPage page, string picture)
    {
        if (Environment.GetEnvironmentVariable("SAFEMED_SCREENSHOTS") is { Length: > 0 } folder)
        {
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, picture) });
        }

        var shown = Guides.File(Path.Combine("images", picture));
        if (UpdatesGuides && File.Exists(shown))
        {
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = shown });
        }
    }
}
