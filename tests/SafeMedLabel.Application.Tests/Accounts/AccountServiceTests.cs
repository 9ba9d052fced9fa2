using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
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
    public async Task A_password_has_12_to_128_characters()
    {
        static string Of(int length) => string.Concat(Enumerable.Range(0, length).Select(i => (char)('a' + (i % 26))));

        Assert.Equal("Passwords must be at least 12 characters.", (await WithAsync(a => a.CreateAsync("ada@example.org", "Ada", Roles.Lead, Of(11)))).Error);
        Assert.Equal("Passwords have at most 128 characters.", (await WithAsync(a => a.CreateAsync("ada@example.org", "Ada", Roles.Lead, Of(129)))).Error);
        Assert.Null((await WithAsync(a => a.CreateAsync("ada@example.org", "Ada", Roles.Lead, Of(12)))).Error);
        Assert.Null((await WithAsync(a => a.CreateAsync("ben@example.org", "Ben", Roles.Lead, Of(128)))).Error);
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

    [Theory]
    [InlineData("demote")]
    [InlineData("disable")]
    [InlineData("both")]
    public async Task Of_two_admins_who_take_each_others_right_at_once_one_stays(string how)
    {
        var ada = await _workplace.AddUserAsync("ada", Roles.Admin);
        var ben = await _workplace.AddUserAsync("ben", Roles.Admin);
        for (var round = 0; round < 5; round++)
        {
            var results = await Task.WhenAll(
                Task.Run(() => WithAsync(a => how == "disable" ? a.SetDisabledAsync(ben, true) : a.ChangeRoleAsync(ben, Roles.Lead)), TestContext.Current.CancellationToken),
                Task.Run(() => WithAsync(a => how == "demote" ? a.ChangeRoleAsync(ada, Roles.Lead) : a.SetDisabledAsync(ada, true)), TestContext.Current.CancellationToken));

            Assert.Single(results, r => r.Succeeded);
            Assert.Contains("only admin", Assert.Single(results, r => !r.Succeeded).Error, StringComparison.Ordinal);
            Assert.Single(await ListAsync(), a => a is { Role: Roles.Admin, IsDisabled: false });
            foreach (var admin in (string[])[ada, ben])
            {
                Assert.Null((await WithAsync(a => a.SetDisabledAsync(admin, false))).Error);
                Assert.Null((await WithAsync(a => a.ChangeRoleAsync(admin, Roles.Admin))).Error);
            }
        }
    }

    [Fact]
    public async Task An_admin_who_has_no_way_to_sign_in_does_not_count_as_one()
    {
        var ada = await _workplace.AddUserAsync("ada", Roles.Admin);
        var ben = await _workplace.AddUserAsync("ben", Roles.Admin);
        await using (var db = _workplace.Open())
        {
            await db.Users.Where(u => u.Id == ben).ExecuteUpdateAsync(set => set.SetProperty(u => u.PasswordHash, (string?)null), TestContext.Current.CancellationToken);
        }

        Assert.Contains("only admin", (await WithAsync(a => a.ChangeRoleAsync(ada, Roles.Lead))).Error, StringComparison.Ordinal);
        Assert.Null((await WithAsync(a => a.LinkAsync(new UserLoginInfo("https://hospital.example", "17", "oidc"), "ben@example.org", "Ben", null))).Error);
        Assert.Null((await WithAsync(a => a.ChangeRoleAsync(ada, Roles.Lead))).Error);
    }

    [Theory]
    [InlineData("<script>@x", "Ada", "This is not an e-mail address.")]
    [InlineData("ada@example.org", "Ada\u202E", "A person's name may not hold U+202E, which cannot be seen or changes how text is read.")]
    [InlineData("ada@example.org", "", "A person's name needs 1 to 100 characters.")]
    public async Task An_account_has_a_name_and_an_address_that_can_be_read_whoever_makes_it(string email, string name, string sentence)
    {
        await _workplace.AddUserAsync("ben", Roles.Admin);
        Assert.Equal(sentence, (await WithAsync(a => a.CreateAsync(email, name, Roles.Lead, Password))).Error);
        Assert.Equal("A person's name needs 1 to 100 characters.", (await WithAsync(a => a.CreateAsync("ada@example.org", new string('a', 5000), Roles.Lead, Password))).Error);
    }

    [Fact]
    public async Task An_address_in_the_letters_of_ones_own_language_signs_in_and_belongs_to_one_account()
    {
        Assert.Null((await WithAsync(a => a.CreateAsync("zoe@münchen.example", "Zoe", Roles.Lead, Password))).Error);

        Assert.NotNull((await WithAsync(a => a.CreateAsync("ZOE@xn--mnchen-3ya.example", "Other", Roles.Lead, Password))).Error);
        await using var scope = _workplace.Get<IServiceScopeFactory>().CreateAsyncScope();
        Assert.NotNull(await scope.ServiceProvider.GetRequiredService<UserManager<AppUser>>().FindByNameAsync(" zoe@xn--mnchen-3ya.example"));
    }

    [Theory]
    [InlineData("Dr. Ada Lovelace", "Dr. Ada Lovelace")]
    [InlineData("Ada\u2067", "ada")]
    [InlineData(null, "ada")]
    public async Task What_another_server_calls_a_person_is_their_name_where_it_can_be_one(string? name, string shown)
    {
        Assert.Null((await WithAsync(a => a.LinkAsync(new UserLoginInfo("https://hospital.example", "17", "oidc"), "ada@example.org", name, Roles.Lead))).Error);

        Assert.Equal(shown, Assert.Single(await ListAsync()).DisplayName);
    }

    private Task<Result> WithAsync(Func<AccountService, Task<Result>> call) => _workplace.WithAsync(call);

    private Task<IReadOnlyList<AccountView>> ListAsync() => _workplace.WithAsync<AccountService, IReadOnlyList<AccountView>>(a => a.ListAsync(TestContext.Current.CancellationToken));
}
