using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor;
using MudBlazor.Services;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Testing;
using SafeMedLabel.Web.Components.Pages;

namespace SafeMedLabel.Web.Tests;

/// <summary>Where a project's settings choose the file of weights that rounds begin with.</summary>
public sealed class SettingsWeightsTests : BunitContext, IAsyncLifetime
{
    private const string WhereFilesGo = "puts weights of a ResNet-18, as .safetensors or .pth, into the folder 'weights' of the storage.";

    private Workplace _workplace = null!;

    private static CancellationToken Cancellation => Xunit.TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _workplace = await Workplace.CreateAsync();
        Services.AddMudServices();
        Services.AddSingleton(_workplace.Get<ProjectService>()).AddSingleton(_workplace.Storage);
        JSInterop.Mode = JSRuntimeMode.Loose;
        await _workplace.ChangeAsync(p => p.Beginning = Beginning.File);
    }

    protected override async ValueTask DisposeAsyncCore()
    {
        await base.DisposeAsyncCore();
        await _workplace.DisposeAsync();
    }

    [Fact]
    public void Where_there_are_no_files_it_says_so_and_where_to_put_them()
    {
        var hint = Show().WaitForElement("[data-testid=no-beginning-files]").TextContent;

        Assert.StartsWith("There are no files of weights yet.", hint, StringComparison.Ordinal);
        Assert.EndsWith(WhereFilesGo, hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_lists_the_files_and_stores_the_one_that_is_chosen()
    {
        Directory.CreateDirectory(_workplace.Storage.WeightsFolder);
        foreach (var name in (string[])["b.pth", "a.safetensors", "notes.txt"])
        {
            await File.WriteAllTextAsync(Path.Combine(_workplace.Storage.WeightsFolder, name), name, Cancellation);
        }

        var page = Show();
        page.WaitForElement("[data-testid=beginning-file]");
        var files = page.FindComponents<MudSelect<string>>().Single(s => s.Instance.Label == "File");
        Assert.EndsWith(WhereFilesGo, files.Instance.HelperText, StringComparison.Ordinal);
        await page.InvokeAsync(files.Instance.OpenMenu);
        var items = page.WaitForElements("div.mud-popover-open div.mud-list-item", 2);
        Assert.Equal(["a.safetensors", "b.pth"], items.Select(item => item.TextContent.Trim()));
        await items[1].ClickAsync(new());
        await page.Find("[data-testid=save-settings]").ClickAsync(new());

        Assert.Equal("b.pth", (await _workplace.Get<ProjectService>().GetAsync(_workplace.ProjectId, Cancellation))!.BeginningFile);
    }

    private IRenderedComponent<IComponent> Show() => Render(builder =>
    {
        builder.OpenComponent<MudPopoverProvider>(0);
        builder.CloseComponent();
        builder.OpenComponent<Settings>(1);
        builder.AddComponentParameter(2, nameof(Settings.ProjectId), _workplace.ProjectId);
        builder.CloseComponent();
    });
}
