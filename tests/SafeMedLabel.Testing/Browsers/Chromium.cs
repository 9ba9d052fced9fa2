using Microsoft.Playwright;

namespace SafeMedLabel.Testing.Browsers;

/// <summary>The system's Chromium; tests that need it are skipped where there is none.</summary>
public static class Chromium
{
    private static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    public static async Task<IBrowser> LaunchAsync(IPlaywright playwright) => await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
    {
        ExecutablePath = Find(),
        Args = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    });

    public static string Find()
    {
        var found = Places.FirstOrDefault(File.Exists);
        if (found is null)
        {
            Assert.Skip("There is no Chromium on this machine; browser tests need Debian's package 'chromium'.");
        }

        return found;
    }
}
