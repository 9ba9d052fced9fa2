using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Accounts;

/// <summary>Where people are signed in.</summary>
public sealed class SessionServiceTests : IAsyncLifetime
{
    private Workplace _workplace = null!;
    private string _pat = "";
    private string _lea = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private SessionService Sessions => _workplace.Get<SessionService>();

    public async ValueTask InitializeAsync()
    {
        _workplace = await Workplace.CreateAsync();
        (_pat, _lea) = (await _workplace.AddUserAsync("pat", Roles.Pathologist), await _workplace.AddUserAsync("lea", Roles.Lead));
    }

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task A_session_goes_on_until_it_is_ended_and_only_its_person_ends_it()
    {
        var (desk, home) = (await Sessions.OpenAsync(_pat, null, Cancellation), await Sessions.OpenAsync(_pat, null, Cancellation));
        await Sessions.EndAsync(_lea, desk, Cancellation);
        Assert.Equal((true, true, false), (await Sessions.SeeAsync(_pat, desk, Cancellation), await Sessions.SeeAsync(_pat, home, Cancellation), await Sessions.SeeAsync(_lea, home, Cancellation)));

        await Sessions.EndAsync(_pat, desk, Cancellation);
        Assert.Equal((false, true), (await Sessions.SeeAsync(_pat, desk, Cancellation), await Sessions.SeeAsync(_pat, home, Cancellation)));

        var lea = await Sessions.OpenAsync(_lea, null, Cancellation);
        var phone = await Sessions.OpenAsync(_pat, null, Cancellation);
        await Sessions.EndOthersAsync(_pat, phone, Cancellation);
        Assert.Equal((false, true, true), (await Sessions.SeeAsync(_pat, home, Cancellation), await Sessions.SeeAsync(_pat, phone, Cancellation), await Sessions.SeeAsync(_lea, lea, Cancellation)));
    }

    [Fact]
    public async Task A_session_that_was_not_seen_for_half_a_day_is_neither_listed_nor_kept()
    {
        var old = await Sessions.OpenAsync(_pat, null, Cancellation);
        _workplace.Time.Advance(TimeSpan.FromHours(11));
        Assert.True(await Sessions.SeeAsync(_pat, old, Cancellation));
        _workplace.Time.Advance(TimeSpan.FromHours(12));
        Assert.Single(await Sessions.ListAsync(_pat, Cancellation));
        _workplace.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(await Sessions.ListAsync(_pat, Cancellation));

        await Sessions.OpenAsync(_pat, null, Cancellation);
        Assert.False(await Sessions.SeeAsync(_pat, old, Cancellation));
    }

    [Fact]
    public async Task A_page_that_is_only_open_is_no_use_of_a_session()
    {
        var left = await Sessions.OpenAsync(_pat, null, Cancellation);
        for (var hours = 0; hours < 12; hours++)
        {
            _workplace.Time.Advance(TimeSpan.FromHours(1));
            Assert.True(await Sessions.GoesOnAsync(_pat, left, Cancellation));
        }

        _workplace.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((false, false), (await Sessions.GoesOnAsync(_pat, left, Cancellation), await Sessions.SeeAsync(_pat, left, Cancellation)));
    }

    [Fact]
    public async Task A_session_ends_after_a_week_however_often_it_is_seen()
    {
        var used = await Sessions.OpenAsync(_pat, null, Cancellation);
        for (var hours = 0; hours < 7 * 24; hours++)
        {
            _workplace.Time.Advance(TimeSpan.FromHours(1));
            Assert.True(await Sessions.SeeAsync(_pat, used, Cancellation));
        }

        _workplace.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((false, false), (await Sessions.GoesOnAsync(_pat, used, Cancellation), await Sessions.SeeAsync(_pat, used, Cancellation)));
        Assert.Empty(await Sessions.ListAsync(_pat, Cancellation));
    }

    [Theory]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Windows")]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", "Chrome on Linux")]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0", "Edge on Windows")]
    [InlineData("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1", "Safari on iPhone")]
    [InlineData("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36", "Chrome on Android")]
    [InlineData("<script>", "An unknown browser")]
    [InlineData(null, "An unknown browser")]
    public async Task A_browser_is_called_what_its_owner_knows_it_by(string? userAgent, string name)
    {
        await Sessions.OpenAsync(_pat, userAgent, Cancellation);

        Assert.Equal(name, Assert.Single(await Sessions.ListAsync(_pat, Cancellation)).Browser);
    }
}
