using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Auditing;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Accounts;

/// <summary>Who may make an account, and how often.</summary>
public sealed class InvitationServiceTests : IAsyncLifetime
{
    private const string Password = "correct horse battery";

    private Workplace _workplace = null!;
    private string _admin = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _workplace = await Workplace.CreateAsync();
        _admin = await _workplace.AddUserAsync("ada", Roles.Admin);
    }

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task An_invitation_makes_one_account_with_its_address_and_role_and_then_counts_no_longer()
    {
        var secret = await InviteAsync("Pat@Example.org", Roles.Lead);
        Assert.Equal(("pat@example.org", Roles.Lead, "ada"), Assert.Single(await WithAsync(i => i.ListAsync(Cancellation))) is var view ? (view.Email, view.Role, view.InvitedBy) : default);

        Assert.EndsWith(".", (await WithAsync(i => i.AcceptAsync(secret, "Pat", "short", Cancellation))).Error, StringComparison.Ordinal);
        var accepted = await Task.WhenAll(Enumerable.Range(0, 3).Select(n => WithAsync(i => i.AcceptAsync(secret, $"Pat {n}", Password, Cancellation))));

        Assert.Equal("pat@example.org", Assert.Single(accepted, a => a.Succeeded).Value);
        await using var scope = _workplace.Get<IServiceScopeFactory>().CreateAsyncScope();
        var account = Assert.Single(await scope.ServiceProvider.GetRequiredService<AccountService>().ListAsync(Cancellation), a => a.Email == "pat@example.org");
        Assert.Equal(Roles.Lead, account.Role);
        Assert.Null(await WithAsync(i => i.FindAsync(secret, Cancellation)));
        Assert.Empty(await WithAsync(i => i.ListAsync(Cancellation)));
    }

    [Fact]
    public async Task An_invitation_counts_for_a_week_or_until_it_is_taken_back_or_replaced()
    {
        var replaced = await InviteAsync("pat@example.org", Roles.Pathologist);
        var secret = await InviteAsync("PAT@example.org", Roles.Pathologist);
        Assert.Equal((null, true), (await WithAsync(i => i.FindAsync(replaced, Cancellation)), await WithAsync(i => i.FindAsync(secret, Cancellation)) is not null));

        _workplace.Time.Advance(TimeSpan.FromDays(InvitationService.Days) - TimeSpan.FromSeconds(1));
        Assert.NotNull(await WithAsync(i => i.FindAsync(secret, Cancellation)));
        _workplace.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await WithAsync(i => i.FindAsync(secret, Cancellation)));
        Assert.StartsWith("This invitation does not count any more", (await WithAsync(i => i.AcceptAsync(secret, "Pat", Password, Cancellation))).Error, StringComparison.Ordinal);

        var again = await InviteAsync("pat@example.org", Roles.Pathologist);
        Assert.Null((await WithAsync(async i => await i.RevokeAsync((await i.FindAsync(again, Cancellation))!.Id, Cancellation))).Error);
        Assert.Null(await WithAsync(i => i.FindAsync(again, Cancellation)));
    }

    [Theory]
    [InlineData("no address", Roles.Lead, "This is not an e-mail address.")]
    [InlineData("pat@example.org", "Owner", "There is no such role.")]
    [InlineData("ADA@example.org", Roles.Lead, "This person has an account already.")]
    public async Task Who_cannot_have_an_account_is_not_invited(string email, string role, string sentence) =>
        Assert.Equal(sentence, (await WithAsync(i => i.InviteAsync(email, role, _admin, Cancellation))).Error);

    [Fact]
    public async Task The_trail_says_who_invited_whom_and_the_secret_is_kept_nowhere()
    {
        var secret = await InviteAsync("pat@example.org", Roles.Lead);

        await using var db = _workplace.Open();
        var entry = await db.AuditEntries.SingleAsync(e => e.Action == AuditAction.Invited, Cancellation);
        Assert.Equal((_admin, """{"Email":"pat@example.org","Role":"Lead"}"""), (entry.ActorId, entry.After));
        await db.Database.ExecuteSqlRawAsync("PRAGMA wal_checkpoint(TRUNCATE)", Cancellation);
        await using var file = new FileStream(_workplace.Storage.DatabaseFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file, System.Text.Encoding.Latin1);
        Assert.DoesNotContain(secret, await reader.ReadToEndAsync(Cancellation), StringComparison.Ordinal);
    }

    private async Task<string> InviteAsync(string email, string role) => (await WithAsync(i => i.InviteAsync(email, role, _admin, Cancellation))).Value!;

    private async Task<T> WithAsync<T>(Func<InvitationService, Task<T>> ask)
    {
        await using var scope = _workplace.Get<IServiceScopeFactory>().CreateAsyncScope();
        return await ask(scope.ServiceProvider.GetRequiredService<InvitationService>());
    }
}
