using SafeMedLabel.Application.Accounts;

namespace SafeMedLabel.Web.Tests.Abuse;

/// <summary>A code of an authenticator app counts once (RFC 6238, 5.2): who sees it typed gains nothing.</summary>
public sealed class CodesOnceTests : IAsyncLifetime
{
    private readonly TestServer _server = new();

    public async ValueTask InitializeAsync() => await _server.AddUserAsync("pat", Roles.Admin);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_code_lets_in_once_and_none_of_an_earlier_step_after_it()
    {
        var factor = await SecondFactor.SwitchOnAsync(_server, "pat");
        var (earlier, used, next) = (factor.Code(-1), factor.Code(), factor.Code(+1));

        Assert.True(await SignInAsync(factor, used));
        Assert.False(await SignInAsync(factor, used));
        Assert.False(await SignInAsync(factor, earlier));
        Assert.True(await SignInAsync(factor, next));
        Assert.False(await SignInAsync(factor, used));
        Assert.False(await SignInAsync(factor, next));
    }

    [Theory]
    [InlineData(-2, false)]
    [InlineData(-1, true)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public async Task A_phone_may_be_half_a_minute_off_and_no_more(int steps, bool letsIn)
    {
        var factor = await SecondFactor.SwitchOnAsync(_server, "pat");
        _server.Time.Advance(TimeSpan.FromMinutes(2));
        _server.Time.AdvanceToStep();

        Assert.Equal(letsIn, await SignInAsync(factor, factor.Code(steps)));
    }

    [Fact]
    public async Task The_code_that_set_it_up_lets_nobody_in()
    {
        using var browser = await _server.BrowserAsync("pat");
        _server.Time.AdvanceToStep();
        var before = _server.Time.GetUtcNow();
        var factor = await SecondFactor.SwitchOnAsync(_server, "pat");
        _server.Time.Advance(before.AddSeconds(1) - _server.Time.GetUtcNow());

        Assert.False(await SignInAsync(factor, factor.Code()));
        Assert.True(await SignInAsync(factor, factor.Code(+1)));
    }

    [Fact]
    public async Task Of_many_who_send_the_same_code_at_once_to_two_servers_one_gets_in()
    {
        var factor = await SecondFactor.SwitchOnAsync(_server, "pat");
        await using var other = new TestServer();
        other.Settings["Storage:Root"] = _server.Root;
        other.Time.Advance(_server.Time.GetUtcNow() - other.Time.GetUtcNow());
        var code = factor.Code();
        var browsers = new List<HttpClient>();
        foreach (var server in (TestServer[])[_server, other, _server, other, _server, other])
        {
            browsers.Add(await (factor with { Server = server }).BeginAsync());
        }

        var letIn = await Task.WhenAll(browsers.Select(browser => SecondFactor.LetsInAsync(browser, code)));

        Assert.Single(letIn, isIn => isIn);
    }

    private static async Task<bool> SignInAsync(SecondFactor factor, string code)
    {
        using var browser = await factor.BeginAsync();
        return await SecondFactor.LetsInAsync(browser, code);
    }
}
