using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Accounts;

public sealed class AccountServiceTests : IAsyncLifetime
{
    private const string Password = "correct horse battery";

    private Workplace _workplace = null!;

    public async ValueTask InitializeAsync() => _workplace = await Workplace.CreateAsync();

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task Of_many_who_set_up_at_once_one_becomes_admin()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => Task.Run(() => WithAsync(a => a.CreateFirstAdminAsync($"a{i}@example.org", $"A{i}", Password)))));

        Assert.Single(results, r => r.Succeeded);
        Assert.Equal(Roles.Admin, Assert.Single(await ListAsync()).Role);
    }

    [Theory]
    [InlineData("no address", "Ada", Roles.Lead, Password)]
    [InlineData("ada@example.org", " ", Roles.Lead, Password)]
    [InlineData("ada@example.org", "Ada", "Owner", Password)]
    [InlineData("ada@example.org", "Ada", Roles.Lead, "short")]
    [InlineData("ada@example.org", "Ada", Roles.Lead, "aaaaaaaaaaaaaaa")]
    public async Task A_bad_account_is_refused_with_a_sentence_and_leaves_nothing(string email, string name, string role, string password)
    {
        var refused = await WithAsync(a => a.CreateAsync(email, name, role, password));

        Assert.EndsWith(".", refused.Error, StringComparison.Ordinal);
        Assert.Empty(await ListAsync());
    }

    [Fact]
    public async Task An_address_belongs_to_one_account_whatever_its_case()
    {
        await _workplace.AddUserAsync("ada", Roles.Lead);

        Assert.NotNull((await WithAsync(a => a.CreateAsync("ADA@example.org", "Other", Roles.Lead, Password))).Error);
    }

    [Fact]
    public async Task The_only_admin_can_be_neither_demoted_nor_shut_out()
    {
        var admin = await _workplace.AddUserAsync("ada", Roles.Admin);
        Assert.Contains("only admin", (await WithAsync(a => a.ChangeRoleAsync(admin, Roles.Lead))).Error, StringComparison.Ordinal);
        Assert.Contains("only admin", (await WithAsync(a => a.SetDisabledAsync(admin, true))).Error, StringComparison.Ordinal);

        await _workplace.AddUserAsync("ben", Roles.Admin);
        Assert.Null((await WithAsync(a => a.ChangeRoleAsync(admin, Roles.Lead))).Error);
        Assert.Equal(Roles.Lead, (await ListAsync()).Single(a => a.Id == admin).Role);
    }

    [Fact]
    public async Task An_admin_who_is_shut_out_does_not_count_as_one()
    {
        var ada = await _workplace.AddUserAsync("ada", Roles.Admin);
        var ben = await _workplace.AddUserAsync("ben", Roles.Admin);
        Assert.Null((await WithAsync(a => a.SetDisabledAsync(ada, true))).Error);

        Assert.NotNull((await WithAsync(a => a.SetDisabledAsync(ben, true))).Error);
        Assert.True((await ListAsync()).Single(a => a.Id == ada).IsDisabled);
        Assert.Null((await WithAsync(a => a.SetDisabledAsync(ada, false))).Error);
    }

    private Task<Result> WithAsync(Func<AccountService, Task<Result>> call) => _workplace.WithAsync(call);

    private Task<IReadOnlyList<AccountView>> ListAsync() => _workplace.WithAsync<AccountService, IReadOnlyList<AccountView>>(a => a.ListAsync(TestContext.Current.CancellationToken));
}
