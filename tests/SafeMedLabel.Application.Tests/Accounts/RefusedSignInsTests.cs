using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Auditing;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Accounts;

/// <summary>Strangers who are refused as often as they like.</summary>
public sealed class RefusedSignInsTests : IAsyncLifetime
{
    private readonly FailingCommand _disk = new();
    private Workplace _workplace = null!;
    private string _pat = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private RefusedSignIns Refused => _workplace.Get<RefusedSignIns>();

    public async ValueTask InitializeAsync()
    {
        _workplace = await Workplace.CreateAsync(_disk.AddTo);
        _pat = await _workplace.AddUserAsync("pat", Roles.Pathologist);
    }

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task An_account_has_one_entry_an_hour_which_counts_them_however_often_somebody_tries()
    {
        for (var second = 0; second < 3 * 3600; second += 10)
        {
            Refused.Add(_pat);
            Refused.Add(null);
            await Refused.WriteAsync(all: false, Cancellation);
            _workplace.Time.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Equal(
            [("account of pat", """{"Times":1}"""), ("account of pat", """{"Times":360}"""), ("account of pat", """{"Times":360}""")],
            (await EntriesAsync()).Where(e => e.Subject != "an address without an account"));
        Assert.Equal(3, (await EntriesAsync()).Count(e => e.Subject == "an address without an account"));
    }

    [Fact]
    public async Task None_is_lost_where_the_storage_takes_nothing_for_a_while_or_the_server_stops()
    {
        using var refused = new RefusedSignIns(_workplace.Get<IDbContextFactory<AppDbContext>>(), _workplace.Time, NullLogger<RefusedSignIns>.Instance);
        refused.Add(_pat);
        _disk.FailAt(1);
        await Assert.ThrowsAnyAsync<Exception>(() => refused.WriteAsync(all: false, Cancellation));
        _disk.FailAt(0);
        refused.Add(_pat);
        await refused.WriteAsync(all: false, Cancellation);
        refused.Add(_pat);
        await refused.StopAsync(Cancellation);

        Assert.Equal([("account of pat", """{"Times":2}"""), ("account of pat", """{"Times":1}""")], await EntriesAsync());
    }

    private async Task<IReadOnlyList<(string Subject, string? After)>> EntriesAsync() =>
        [.. (await _workplace.Get<AuditTrail>().ListAsync(new AuditFilter { Action = AuditAction.SignInRefused }, cancellationToken: Cancellation)).Reverse().Select(e => (e.Subject, e.After))];
}
