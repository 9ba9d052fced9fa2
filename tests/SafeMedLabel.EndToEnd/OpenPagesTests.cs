using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>Pages that were open while their person lost the right to what the page does.</summary>
public sealed class OpenPagesTests
{
    private const string Sam = "sam@example.org";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>What is done in a page: where, with which role before, and how. Each writes by another service of the application.</summary>
    private static (string Page, string Role, Func<IPage, Task> Act)[] Acts { get; } =
    [
        ("/projects/1/adjudicate", Roles.Lead, async page => await page.Keyboard.PressAsync("1")),
        ("/projects/1/grid", Roles.Pathologist, async page => await page.GetByTestId("submit-grid").ClickAsync()),
        ("/projects/1", Roles.Lead, async page => await page.GetByTestId("start-round").ClickAsync()),
        ("/projects/1", Roles.Lead, async page => await page.GetByTestId("roll-back").ClickAsync()),
        ("/projects/1/label-audit", Roles.Lead, async page => await page.GetByTestId("start-audit").ClickAsync()),
        ("/projects/1/watch", Roles.Lead, async page => await page.GetByTestId("seen").ClickAsync()),
        ("/projects/1/webhooks", Roles.Lead, AddWebhookAsync),
        ("/projects/1/settings", Roles.Lead, async page => await page.GetByTestId("save-settings").ClickAsync()),
        ("/projects/1/access", Roles.Lead, async page => await page.GetByTestId("close-project").ClickAsync()),
        ("/projects/1/import", Roles.Admin, ImportAsync),
        ("/projects/1/export", Roles.Admin, async page => await page.GetByTestId("start-export").ClickAsync()),
        ("/projects/new", Roles.Admin, CreateProjectAsync),
        ("/admin/users", Roles.Admin, InviteAsync),
        ("/admin/users", Roles.Admin, TakeRoleAsync),
        ("/account/api-keys", Roles.Pathologist, CreateKeyAsync),
        ("/account/sessions", Roles.Pathologist, async page => await page.GetByTestId("end-other-sessions").ClickAsync()),
        ("/projects/1/label", Roles.Pathologist, AnswerAsync),
    ];

    [Fact]
    public async Task An_open_page_writes_nothing_for_a_person_who_lost_the_right_to_it()
    {
        await using var room = await ReadingRoom.OpenAsync(cells: 40, cancellationToken: Cancellation);
        await Walk.AddReaderAsync(room.Page, "Sam", Sam);
        await room.Page.GotoAsync("/projects/1/label");
        foreach (var key in (string[])["1", "2", "1", "2"])
        {
            await Walk.AnswerAsync(room.Page, key);
        }

        await room.Server.RankAsync(Cancellation);
        await using (var db = room.Server.OpenDatabase())
        {
            await db.Rounds.ExecuteUpdateAsync(set => set.SetProperty(r => r.Number, 3), Cancellation);
        }

        await SeededRounds.AddAsync(room.Server, Cancellation);
        await ArrangeAsync(room.Server);

        foreach (var (address, role, act) in Acts)
        {
            await GiveAsync(room.Server, role);
            // Signed in anew each time: an earlier page that is still open may notice that the account is disabled, and then ends all its sessions.
            var page = await Walk.OpenAsync(room.Browser, room.Server);
            await Walk.SignInAsync(page, Sam);
            await page.GotoAsync(address);
            await (address.EndsWith("/label", StringComparison.Ordinal) || address.EndsWith("/adjudicate", StringComparison.Ordinal) ? Walk.WaitForImageAsync(page)
                : address.EndsWith("/grid", StringComparison.Ordinal) ? Walk.WaitForGridAsync(page)
                : Assertions.Expect(page.Locator("h1").First).ToBeVisibleAsync());
            await TakeAwayAsync(room.Server);
            var before = Content(room.Server);

            await act(page);

            await Assertions.Expect(page.GetByText("you do not have the right to do this").First).ToBeVisibleAsync();
            Assert.True(before.SequenceEqual(Content(room.Server)), $"{address} wrote for a person without the right to it.");
            await Walk.KeepAsync(page, $"denied{address.Replace('/', '-')}.png");
            await page.Context.CloseAsync();
        }
    }

    /// <summary>Nothing of who is signed in, which goes on.</summary>
    private static Dictionary<string, string> Content(RunningServer server) =>
        DatabaseContent.Read(new StorageOptions { Root = server.Folder }.DatabaseFile).Where(t => t.Key is not "UserSessions").ToDictionary();

    /// <summary>Something to decide, to audit, and to have seen.</summary>
    private static async Task ArrangeAsync(RunningServer server)
    {
        await using var db = server.OpenDatabase();
        var ada = await db.Users.Where(u => u.Email != Sam).Select(u => u.Id).SingleAsync(Cancellation);
        var test = await db.Images.FirstAsync(i => i.Split == DataSplit.Test && i.ReferenceClass != null, Cancellation);
        db.ReferenceDoubts.Add(new ReferenceDoubt { ImageId = test.Id, ProjectId = 1, ById = ada, AtUtc = DateTime.UtcNow });
        db.Alarms.Add(new Alarm { ProjectId = 1, Kind = AlarmKind.Drift, Cause = "import 1", Text = "Unlike.", RaisedUtc = DateTime.UtcNow });
        await db.SaveChangesAsync(Cancellation);
    }

    private static async Task GiveAsync(RunningServer server, string role)
    {
        await using var db = server.OpenDatabase();
        var sam = await db.Users.SingleAsync(u => u.Email == Sam, Cancellation);
        sam.LockoutEnd = null;
        db.UserRoles.RemoveRange(db.UserRoles.Where(r => r.UserId == sam.Id));
        // Somebody who is signed in twice has another session to end.
        var now = DateTime.UtcNow;
        db.UserSessions.Add(new UserSession { Id = Guid.NewGuid(), UserId = sam.Id, Browser = "Firefox", CreatedUtc = now, LastSeenUtc = now });
        db.UserRoles.Add(new IdentityUserRole<string> { UserId = sam.Id, RoleId = await db.Roles.Where(r => r.Name == role).Select(r => r.Id).SingleAsync(Cancellation) });
        await db.SaveChangesAsync(Cancellation);
    }

    /// <summary>As an admin disables an account, but for its sessions: that these end too, within a minute, is another matter.</summary>
    private static async Task TakeAwayAsync(RunningServer server)
    {
        await using var db = server.OpenDatabase();
        await db.Users.Where(u => u.Email == Sam).ExecuteUpdateAsync(set => set.SetProperty(u => u.LockoutEnd, DateTimeOffset.MaxValue), Cancellation);
    }

    private static async Task AddWebhookAsync(IPage page)
    {
        await page.GetByTestId("webhook-address").FillAsync("https://hooks.example.org/in");
        await page.GetByTestId("add-webhook").ClickAsync();
    }

    private static async Task ImportAsync(IPage page)
    {
        await page.GetByTestId("import-path").FillAsync("/");
        await page.GetByTestId("start-import").ClickAsync();
    }

    private static async Task CreateProjectAsync(IPage page)
    {
        await page.GetByTestId("project-name").FillAsync("Another");
        await page.GetByTestId("create-project").ClickAsync();
    }

    private static async Task InviteAsync(IPage page)
    {
        await page.GetByTestId("invite-email").FillAsync("new@example.org");
        await page.GetByTestId("invite").ClickAsync();
    }

    private static async Task TakeRoleAsync(IPage page)
    {
        var role = page.GetByLabel("Role of Ada Admin", new() { Exact = true });
        await role.SelectOptionAsync("Pathologist");
        // What was not changed is not shown as if it were.
        await Assertions.Expect(role).ToHaveValueAsync("Admin");
    }

    private static async Task CreateKeyAsync(IPage page)
    {
        await page.GetByTestId("api-key-name").FillAsync("Analyser");
        await page.GetByTestId("create-api-key").ClickAsync();
    }

    private static async Task AnswerAsync(IPage page) => await page.Keyboard.PressAsync("1");
}
