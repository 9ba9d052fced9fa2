using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Auditing;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Accounts;

/// <summary>Who sees a project and what they may do in it.</summary>
public sealed class MemberServiceTests : IAsyncLifetime
{
    private readonly Dictionary<string, string> _ids = [];
    private Workplace _workplace = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private MemberService Members => _workplace.Get<MemberService>();

    public async ValueTask InitializeAsync()
    {
        _workplace = await Workplace.CreateAsync();
        (_ids["ada"], _ids["lea"], _ids["pat"]) =
            (await _workplace.AddUserAsync("ada", Roles.Admin), await _workplace.AddUserAsync("lea", Roles.Lead), await _workplace.AddUserAsync("pat", Roles.Pathologist));
    }

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Theory]
    [InlineData("ada", false, null, Roles.Admin)]
    [InlineData("lea", false, null, Roles.Lead)]
    [InlineData("lea", false, Roles.Pathologist, Roles.Lead)]
    [InlineData("pat", false, null, Roles.Pathologist)]
    [InlineData("pat", false, Roles.Lead, Roles.Lead)]
    [InlineData("ada", true, null, Roles.Admin)]
    [InlineData("lea", true, null, null)]
    [InlineData("lea", true, Roles.Pathologist, Roles.Pathologist)]
    [InlineData("pat", true, null, null)]
    [InlineData("pat", true, Roles.Pathologist, Roles.Pathologist)]
    [InlineData("pat", true, Roles.Lead, Roles.Lead)]
    public async Task An_open_project_takes_the_higher_role_and_a_closed_one_only_that_given_in_it(string person, bool isClosed, string? given, string? expected)
    {
        Assert.Null((await Members.SetClosedAsync(_workplace.ProjectId, isClosed, _ids["ada"], Cancellation)).Error);
        Assert.Null((await Members.SetAsync(_workplace.ProjectId, _ids[person], given, Cancellation)).Error);

        await using var db = _workplace.Open();
        Assert.Equal(expected, await Permission.RoleInAsync(db, _workplace.ProjectId, _ids[person]));
        Assert.Equal(expected is not null, await Permission.ProjectsOf(db, _ids[person]).AnyAsync(Cancellation));
        Assert.Equal((given, expected), (await Members.ListAsync(_workplace.ProjectId, Cancellation)).Where(m => m.UserId == _ids[person]).Select(m => (m.MemberRole, m.Role)).Single());
        Assert.Null(await Permission.RoleInAsync(db, _workplace.ProjectId + 1, _ids[person]));
    }

    [Fact]
    public async Task A_lead_who_closes_a_project_keeps_leading_it_and_one_who_is_shut_out_by_it_is_signed_out()
    {
        Assert.Null((await Members.SetAsync(_workplace.ProjectId, _ids["pat"], Roles.Lead, Cancellation)).Error);
        var before = await StampsAsync();

        Assert.Null((await Members.SetClosedAsync(_workplace.ProjectId, isClosed: true, _ids["pat"], Cancellation)).Error);

        var after = await StampsAsync();
        Assert.Equal((true, false, true), (before["ada"] == after["ada"], before["lea"] == after["lea"], before["pat"] == after["pat"]));
        await using var db = _workplace.Open();
        Assert.Equal((Roles.Lead, null), (await Permission.RoleInAsync(db, _workplace.ProjectId, _ids["pat"]), await Permission.RoleInAsync(db, _workplace.ProjectId, _ids["lea"])));
    }

    [Fact]
    public async Task A_role_that_is_taken_away_or_given_stands_in_the_trail_with_the_person_and_the_project()
    {
        await Members.SetAsync(_workplace.ProjectId, _ids["pat"], Roles.Pathologist, Cancellation);
        await Members.SetAsync(_workplace.ProjectId, _ids["pat"], Roles.Lead, Cancellation);
        await Members.SetAsync(_workplace.ProjectId, _ids["pat"], null, Cancellation);

        await using var db = _workplace.Open();
        var entries = await db.AuditEntries.Where(e => e.Subject == $"account {_ids["pat"]}" && e.ProjectId == _workplace.ProjectId).OrderBy(e => e.Id).ToListAsync(Cancellation);
        Assert.Equal(
            [
                (AuditAction.ProjectRoleGiven, null, """{"Role":"Pathologist"}"""),
                (AuditAction.ProjectRoleGiven, """{"Role":"Pathologist"}""", """{"Role":"Lead"}"""),
                (AuditAction.ProjectRoleTaken, """{"Role":"Lead"}""", null),
            ],
            entries.Select(e => (e.Action, e.Before, e.After)));
    }

    [Fact]
    public async Task A_role_that_there_is_not_in_projects_is_refused()
    {
        Assert.Equal("There is no such role in a project.", (await Members.SetAsync(_workplace.ProjectId, _ids["pat"], Roles.Admin, Cancellation)).Error);
        Assert.Equal("This project no longer exists.", (await Members.SetAsync(99, _ids["pat"], Roles.Lead, Cancellation)).Error);
        Assert.Equal("This account no longer exists.", (await Members.SetAsync(_workplace.ProjectId, "nobody", Roles.Lead, Cancellation)).Error);
    }

    private async Task<Dictionary<string, string?>> StampsAsync()
    {
        await using var db = _workplace.Open();
        return await db.Users.ToDictionaryAsync(u => _ids.Single(i => i.Value == u.Id).Key, u => u.SecurityStamp, Cancellation);
    }
}
