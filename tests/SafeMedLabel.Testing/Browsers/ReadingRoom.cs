using Microsoft.Playwright;

namespace SafeMedLabel.Testing.Browsers;

/// <summary>The real server with project 1 and its synthetic cells, a browser, and an empty page in which the admin is signed in.</summary>
public sealed class ReadingRoom : IAsyncDisposable
{
    private readonly IPlaywright _playwright;

    private ReadingRoom(RunningServer server, IPlaywright playwright, IBrowser browser)
    {
        (Server, _playwright, Browser) = (server, playwright, browser);
    }

    /// <summary>The server.</summary>
    public RunningServer Server { get; }

    /// <summary>The browser.</summary>
    public IBrowser Browser { get; }

    /// <summary>The admin's page, on nothing yet.</summary>
    public IPage Page { get; private set; } = null!;

    /// <summary>Starts all of it. Where there is no browser, the test that asks is skipped.</summary>
    public static async Task<ReadingRoom> OpenAsync(int cells, string language = "en-GB", Dictionary<string, string>? settings = null, CancellationToken cancellationToken = default)
    {
        Chromium.Find();
        var prepared = await PreparedStorage.OfAsync(cells);
        var server = await RunningServer.StartAsync(cancellationToken, prepared.Folder, settings);
        var playwright = await Playwright.CreateAsync();
        var room = new ReadingRoom(server, playwright, await Chromium.LaunchAsync(playwright));
        room.Page = await Walk.OpenAsync(room.Browser, server.Address, language, prepared.SignedIn);
        return room;
    }

    /// <summary>The same with the pictures of a folder as project 1, set up and imported in the browser.</summary>
    public static async Task<ReadingRoom> OpenOnAsync(string folder, CancellationToken cancellationToken)
    {
        Chromium.Find();
        var server = await RunningServer.StartAsync(cancellationToken);
        var playwright = await Playwright.CreateAsync();
        var room = new ReadingRoom(server, playwright, await Chromium.LaunchAsync(playwright));
        room.Page = await Walk.OpenAsync(room.Browser, server);
        await Walk.SetUpAsync(room.Page);
        await Walk.ImportAsync(room.Page, folder);
        return room;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await Browser.DisposeAsync();
        _playwright.Dispose();
        await Server.DisposeAsync();
    }
}
