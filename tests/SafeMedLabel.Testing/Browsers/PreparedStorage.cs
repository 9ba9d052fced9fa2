using System.Collections.Concurrent;
using Microsoft.Playwright;
using SafeMedLabel.Application.Datasets.Demo;

namespace SafeMedLabel.Testing.Browsers;

/// <summary>
/// The storage of a server whose pages have made the first account, and project 1 from synthetic cells. It is made once for a number of cells, and
/// each test gets a copy: to walk the same pages again for each of them would take half of its time and show nothing new.
/// </summary>
internal sealed class PreparedStorage
{
    private static readonly ConcurrentDictionary<int, Lazy<Task<PreparedStorage>>> Made = new();

    private PreparedStorage(string folder, string signedIn) => (Folder, SignedIn) = (folder, signedIn);

    /// <summary>The folder, which no server uses.</summary>
    public string Folder { get; }

    /// <summary>The admin's cookies, as Playwright keeps them.</summary>
    public string SignedIn { get; }

    /// <summary>With so many cells. One that could not be made fails the tests that wait for it, and not those that ask later.</summary>
    public static async Task<PreparedStorage> OfAsync(int cells)
    {
        var made = Made.GetOrAdd(cells, static count => new(() => MakeAsync(count)));
        try
        {
            return await made.Value;
        }
        catch
        {
            Made.TryRemove(KeyValuePair.Create(cells, made));
            throw;
        }
    }

    private static async Task<PreparedStorage> MakeAsync(int count)
    {
        using var cells = new TemporaryFolder();
        DemoDataset.Write(cells.Path, count, seed: 1);
        var server = await RunningServer.StartAsync(CancellationToken.None);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await Chromium.LaunchAsync(playwright);
        var page = await Walk.OpenAsync(browser, server);
        await Walk.SetUpAsync(page);
        await Walk.ImportAsync(page, cells.Path);
        var signedIn = await page.Context.StorageStateAsync();
        await server.KillAsync();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(server.Folder, recursive: true);
        return new PreparedStorage(server.Folder, signedIn);
    }
}
