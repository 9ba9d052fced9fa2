using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Datasets.Demo;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Web;

/// <summary>What <c>--demo</c> makes: one account a role, and a project of synthetic cells. On an empty database only.</summary>
internal static class DemoSetup
{
    private const int Images = 600;
    private const string PasswordLetters = "abcdefghijkmnpqrstuvwxyz23456789";

    public static async Task RunAsync(IServiceProvider services, TextWriter console)
    {
        await using var scope = services.CreateAsyncScope();
        var accounts = scope.ServiceProvider.GetRequiredService<AccountService>();
        if (await accounts.AnyAsync())
        {
            await console.WriteLineAsync("There are accounts already: the demo was set up before, or this is no empty database.");
            return;
        }

        await console.WriteLineAsync("Demo accounts; the passwords are shown this once:");
        // The admin first: whatever comes between, there is somebody who can do the rest.
        foreach (var role in Roles.All.Reverse())
        {
            var (email, password) = ($"{role.ToLowerInvariant()}@demo.example", NewPassword());
            var created = await accounts.CreateAsync(email, $"Demo {role.ToLowerInvariant()}", role, password);
            await console.WriteLineAsync(created.Error ?? $"  {role,-12} {email,-28} {password}");
        }

        var storage = services.GetRequiredService<StorageOptions>();
        var folder = Path.Combine(storage.FullRoot, "demo-cells");
        DemoDataset.Write(folder, Images, seed: 1);
        var project = await services.GetRequiredService<ProjectService>().CreateAsync("Demo: synthetic malaria cells", "Does this cell hold a parasite?");
        var admin = await services.GetRequiredService<IDbContextFactory<AppDbContext>>().CreateDbContext().Users.FirstAsync(u => u.Email == $"{Roles.Admin.ToLowerInvariant()}@demo.example");
        var import = await services.GetRequiredService<ImportService>().StartAsync(
            new ImportRequest(project.Value, folder, "demo-cells", IsUpload: false, ImportService.DefaultPatientPattern, admin.Id));
        await console.WriteLineAsync(import.Error ?? $"{Images} synthetic cells are being imported.");
    }

    private static string NewPassword() =>
        string.Join('-', Enumerable.Range(0, 3).Select(_ => RandomNumberGenerator.GetString(PasswordLetters, 5)));
}
