using Microsoft.Playwright;
using SafeMedLabel.Application.Datasets.Demo;

namespace SafeMedLabel.Testing.Browsers;

/// <summary>The real server with project 1 and its synthetic cells, a browser, and the admin's page on it.</summary>
public sealed class ReadingRoom : IAsyncDisposable
{
    private readonly TemporaryFolder _cells = new();
    private readonly IPlaywright _playwright;

    private ReadingRoom(RunningServer server, IPlaywright playwright, IBrowser browser)
    {
        (Server, _playwright, Browser) = (server, playwright, browser);
    }

    /// <summary>The server.</summary>
    public RunningServer Server { get; }

    /// <summary>The browser.</summary>
    public IBrowser Browser { get; }

    /// <summary>The admin's page.</summary>
    public IPage Page { get; private set; } = null!;

    /// <summary>Starts all of it. Where there is no browser, the test that asks is skipped.</summary>
    public static async Task<ReadingRoom> OpenAsync(int cells, string language = "en-GB", CancellationToken cancellationToken = default)
    {
        Chromium.Find();
        var server = await RunningServer.StartAsync(cancellationToken);
        var playwright = await Playwright.CreateAsync();
        var room = new ReadingRoom(server, playwright, await Chromium.LaunchAsync(playwright));
        DemoDataset.Write(room._cells.Path, cells, seed: 1, cancellationToken: cancellationToken);
        room.Page = await Walk.OpenAsync(room.Browser, server, language);
        await Walk.SetUpAsync(room.Page);
        await Walk.ImportAsync(room.Page, room._cells.Path);
        return room;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await Browser.DisposeAsync();
        _playwright.Dispose();
        await Server.DisposeAsync();
        _cells.Dispose();
    }
}
