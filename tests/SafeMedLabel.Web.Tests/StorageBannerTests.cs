using Bunit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Testing;
using SafeMedLabel.Web.Components.Controls;

namespace SafeMedLabel.Web.Tests;

public sealed class StorageBannerTests : BunitContext, IAsyncLifetime
{
    private const string Sentence = "Nothing can be stored at the moment: the storage can only be read. Answers already acknowledged are safe.";

    private readonly FailingStorage _storage = new();
    private Workplace _workplace = null!;
    private StorageWatch _watch = null!;

    private static CancellationToken Cancellation => Xunit.TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _workplace = await Workplace.CreateAsync(_storage.AddTo);
        _watch = new StorageWatch(
            _workplace.Get<IDbContextFactory<AppDbContext>>(),
            _workplace.Storage,
            new StorageRoom(_workplace.Storage, Options.Create(new StorageWatchOptions { MinimumFreeMegabytes = 0 })),
            _workplace.Get<DatabaseHealth>(),
            _workplace.Time,
            NullLogger<StorageWatch>.Instance);
        Services.AddSingleton(_watch);
    }

    protected override async ValueTask DisposeAsyncCore()
    {
        await base.DisposeAsyncCore();
        _watch.Dispose();
        await _workplace.DisposeAsync();
    }

    [Fact]
    public async Task A_page_that_is_open_shows_within_ten_seconds_that_nothing_can_be_stored_and_that_it_can_again()
    {
        await _watch.StartAsync(Cancellation);
        await UntilAsync(() => _watch.HasLooked);
        var banner = Render<StorageBanner>();
        Assert.Empty(banner.Markup.Trim());

        _storage.IsReadOnly = true;
        await UntilAsync(() => banner.Markup.Contains(Sentence, StringComparison.Ordinal));
        Assert.Equal("alert", banner.Find("[data-testid=storage-banner]").GetAttribute("role"));
        _storage.IsReadOnly = false;
        await UntilAsync(() => banner.Markup.Trim().Length == 0);
    }

    private async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            _workplace.Time.Advance(StorageWatch.Interval);
            await Task.Delay(5, Cancellation);
        }
    }
}
