using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Web.Tests;

/// <summary>The real server on a port and a storage folder of its own, without a worker.</summary>
public sealed partial class TestServer : WebApplicationFactory<Program>
{
    /// <summary>Password of every account that a test makes.</summary>
    public const string Password = "correct horse battery";

    private readonly TemporaryFolder _folder = new();

    /// <summary>Starts it on the network: uploads need the real server's features.</summary>
    public TestServer() => UseKestrel(0);

    /// <summary>Where it keeps what it keeps.</summary>
    public string Root => _folder.Path;

    /// <summary>Settings beside its own, for a test to change before it starts.</summary>
    public Dictionary<string, string> Settings { get; } = new() { ["Worker:Start"] = "false" };

    /// <summary>What its database refuses.</summary>
    public FailingStorage Storage { get; } = new();

    /// <summary>Puts a test's own parts in the place of services, before it starts.</summary>
    public Action<IServiceCollection> Replace { get; set; } = _ => { };

    /// <summary>Its clock.</summary>
    public ShiftedTime Time { get; } = new();

    /// <summary>Makes an account.</summary>
    public async Task AddUserAsync(string name, string role)
    {
        await using var scope = Services.CreateAsyncScope();
        var made = await scope.ServiceProvider.GetRequiredService<AccountService>().CreateAsync($"{name}@example.org", name, role, Password);
        Assert.Null(made.Error);
    }

    /// <summary>An account's key.</summary>
    public async Task<string> UserIdAsync(string name)
    {
        await using var scope = Services.CreateAsyncScope();
        return (await scope.ServiceProvider.GetRequiredService<UserManager<AppUser>>().FindByEmailAsync($"{name}@example.org"))!.Id;
    }

    /// <summary>Makes a project with two images of real bytes; returns its key and that of one of them.</summary>
    public Task<(int Project, Guid Image)> AddImageAsync() => AddImagesAsync(("a/C1thin_1.png", Pictures.Png(1)), ("b/C2thin_2.png", Pictures.Png(2)));

    /// <summary>Makes a project of some files; returns its key and that of one image.</summary>
    public async Task<(int Project, Guid Image)> AddImagesAsync(params (string Path, byte[] Content)[] files)
    {
        using var cells = new TemporaryFolder();
        foreach (var (path, content) in files)
        {
            cells.Add(path, content);
        }

        var project = await Services.GetRequiredService<ProjectService>().CreateAsync("Malaria", "Which?", TestContext.Current.CancellationToken);
        var import = new DatasetImport
        {
            ProjectId = project.Value,
            SourcePath = cells.Path,
            SourceName = "cells",
            PatientPattern = PatientPattern.Default.ToString(),
            RequestedById = "admin",
        };
        var contexts = Services.GetRequiredService<Microsoft.EntityFrameworkCore.IDbContextFactory<Application.Persistence.AppDbContext>>();
        await using (var db = contexts.CreateDbContext())
        {
            db.Imports.Add(import);
            await db.SaveChangesAsync(TestContext.Current.CancellationToken);
        }

        await new DatasetImporter(contexts, Services.GetRequiredService<ContentStore>()).ImportAsync(import, TestContext.Current.CancellationToken);
        await using var read = contexts.CreateDbContext();
        import.State = ImportState.Completed;
        read.Imports.Update(import);
        await read.SaveChangesAsync(TestContext.Current.CancellationToken);
        return (project.Value, read.Images.First().Id);
    }

    /// <summary>A browser's cookies and manners, but for redirects, which it shows; signed in where a name is given.</summary>
    public async Task<HttpClient> BrowserAsync(string? name = null)
    {
        StartServer();
        var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = ClientOptions.BaseAddress };
        if (name is not null)
        {
            Assert.True(await SignInAsync(client, name, Password));
        }

        return client;
    }

    /// <summary>A program with a key of a person's.</summary>
    public async Task<HttpClient> ProgramAsync(string owner, ApiScope scope)
    {
        var client = await BrowserAsync();
        var key = await Services.GetRequiredService<ApiKeyService>().CreateAsync(await UserIdAsync(owner), "test", scope, 1, TestContext.Current.CancellationToken);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Value);
        return client;
    }

    /// <summary>Fills the sign-in form in and returns whether it let them in.</summary>
    public static async Task<bool> SignInAsync(HttpClient browser, string name, string password) =>
        (await PostFormAsync(browser, "/login", "login", ("Input.Email", $"{name}@example.org"), ("Input.Password", password))).StatusCode == System.Net.HttpStatusCode.Redirect;

    /// <summary>Fills a page's form in and sends it.</summary>
    public static async Task<HttpResponseMessage> PostFormAsync(HttpClient browser, string address, string name, params (string Field, string Value)[] fields)
    {
        var page = new Uri(address, UriKind.Relative);
        using var form = new FormUrlEncodedContent(
            [
                new("_handler", name),
                new("__RequestVerificationToken", Token().Match(await browser.GetStringAsync(page)).Groups[1].Value),
                .. fields.Select(f => new KeyValuePair<string, string>(f.Field, f.Value)),
            ]);
        return await browser.PostAsync(page, form);
    }

    /// <inheritdoc />
    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment("Production");
        builder.UseSetting("Storage:Root", _folder.Path);
        builder.ConfigureServices(Storage.AddTo);
        builder.ConfigureServices(services => services.AddSingleton<TimeProvider>(Time));
        builder.ConfigureServices(services => Replace(services));
        foreach (var (name, value) in Settings)
        {
            builder.UseSetting(name, value);
        }
    }

    /// <inheritdoc />
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        new StorageOptions { Root = Root }.CloseDatabases();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex Token();
}
