using Microsoft.AspNetCore.Identity;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Abuse;

/// <summary>Whatever step of whatever is written the disk or the machine fails at: all of it stays, or nothing.</summary>
public sealed class FaultTests
{
    private const string Password = Hospital.Password;

    private readonly FailingCommand _disk = new();
    private string _secret = "";
    private Guid _session;

    /// <summary>All but the set-up, which has a test of its own, and the one that writes a file and nothing into the database.</summary>
    public static TheoryData<string> Methods =>
    [
        .. ServiceCalls.Writes.Select(w => w.Name).Where(name => name != "UploadService.AppendAsync"),
        .. ServiceCalls.WithoutRight.Keys.Where(name => name != "AccountService.CreateFirstAdminAsync"),
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Those of the table that nobody is asked a right for.</summary>
    private IEnumerable<ServiceWrite> Others =>
    [
        Other("AccountService.LinkAsync", h => h.WithAsync<AccountService>(a => a.LinkAsync(new UserLoginInfo("https://hospital.example", "17", "oidc"), "pat@example.org", "Pat", Roles.Lead))),
        Other("AlarmService.RaiseDriftAsync", async h => await h.Get<AlarmService>().RaiseDriftAsync(h.Project, Cancellation), h => h.AddDriftAsync()),
        Other("AlarmService.RaiseLostFileAsync", async h => await h.Get<AlarmService>().RaiseLostFileAsync(new StoredFileException(await HashAsync(h), isMissing: true), Cancellation)),
        Other("AlarmService.RaiseLostWeightsAsync", async h => await h.Get<AlarmService>().RaiseLostWeightsAsync(h.Project, "gone.pth", "There is no file 'gone.pth'.", Cancellation)),
        Other("AlarmService.RaiseSilentFailuresAsync", async h => await h.Get<AlarmService>().RaiseSilentFailuresAsync(h.Project, Cancellation), h => h.FailSilentlyAsync()),
        Other("ApiKeyService.FindAsync", async h => await h.Get<ApiKeyService>().FindAsync(_secret, Cancellation), async h => _secret = (await h.Get<ApiKeyService>().CreateAsync(h.Me, "Analyser", ApiScope.Read, 30, Cancellation)).Value!),
        Other("InvitationService.AcceptAsync", h => h.WithAsync<InvitationService>(async i => (Result)await i.AcceptAsync(_secret, "Pat", Password, Cancellation)), InviteAsync),
        Other("RoundService.StartAfterLabelsAsync", async h => await h.Get<RoundService>().StartAfterLabelsAsync(h.Project, 1, Cancellation), h => h.LabelAsync(4)),
        Other("SessionService.EndAsync", async h =>
        {
            await h.Get<SessionService>().EndAsync(h.Me, _session, Cancellation);
            return null;
        }, OpenSessionAsync),
        Other("SessionService.GoesOnAsync", async h => await h.Get<SessionService>().GoesOnAsync(h.Me, _session, Cancellation), async h =>
        {
            await OpenSessionAsync(h);
            await using var db = h.Open();
            await db.Users.Where(u => u.Id == h.Me).ExecuteUpdateAsync(set => set.SetProperty(u => u.LockoutEnd, DateTimeOffset.MaxValue), Cancellation);
        }),
        Other("SessionService.OpenAsync", async h => await h.Get<SessionService>().OpenAsync(h.Me, null, Cancellation), async h =>
        {
            await OpenSessionAsync(h);
            h.Time.Advance(SessionService.Lifetime + TimeSpan.FromMinutes(1));
        }),
        Other("SessionService.SeeAsync", async h => await h.Get<SessionService>().SeeAsync(h.Me, _session, Cancellation), async h =>
        {
            await OpenSessionAsync(h);
            h.Time.Advance(TimeSpan.FromMinutes(2));
        }),
    ];

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Of_what_a_service_writes_everything_stays_or_nothing_at_whatever_step_the_disk_fails(string name)
    {
        var write = ServiceCalls.Writes.Concat(Others).Single(w => w.Name == name);
        await using var hospital = await Hospital.OpenAsync(_disk.AddTo);
        hospital.Me = hospital.Rightful(write.Least);
        await write.Arrange(hospital);
        using var snapshot = new StorageSnapshot(hospital.Root, hospital.DatabaseFile);
        var (before, files) = (Read(hospital, name), snapshot.Files().ToList());
        var steps = await StepsAsync(hospital, write, failing: 0);
        Assert.False(steps.Count == 0, $"{name} wrote nothing into the database, so that nothing could fail.");
        Assert.False(before.SequenceEqual(Read(hospital, name)), $"{name} changed nothing, so that nothing could part.");
        var last = steps.LastIndexOf(FailingCommand.Committed) + 1;

        for (var failing = 1; failing <= steps.Count; failing++)
        {
            snapshot.Restore();
            var failed = await StepsAsync(hospital, write, failing);

            var after = Read(hospital, name);
            Assert.True(failing <= failed.Count, $"{name} took {failed.Count} steps where it had taken {steps.Count}.");
            if (failing == last)
            {
                Assert.NotEqual(before, after);
            }
            else
            {
                Assert.True(before.SequenceEqual(after), $"{name} left a part behind, failing at step {failing} of: {string.Join("; ", steps)}");
                Assert.Equal(files, snapshot.Files());
            }
        }
    }

    /// <summary>A try of a password counts whatever becomes of what it was to sign: where that is tried, the count is left out.</summary>
    private static Dictionary<string, string> Read(Hospital hospital, string name) => DatabaseContent.Read(hospital.DatabaseFile)
        .Where(table => name != "PromotionService.OverrideAsync" || table.Key is not ("AspNetUsers" or "AspNetRoles")).ToDictionary();

    private static async Task<string> HashAsync(Hospital hospital)
    {
        await using var db = hospital.Open();
        return await db.Images.OrderBy(i => i.QueueRank).Select(i => i.ContentHash).FirstAsync(Cancellation);
    }

    [Fact]
    public void Every_method_that_writes_is_among_them() =>
        Assert.Equal(ServiceCalls.WithoutRight.Keys.Order(StringComparer.Ordinal), Others.Select(o => o.Name).Append("AccountService.CreateFirstAdminAsync").Order(StringComparer.Ordinal));

    [Fact]
    public async Task A_set_up_that_fails_anywhere_leaves_a_server_that_can_be_set_up()
    {
        await using var workplace = await Workplace.CreateAsync(_disk.AddTo);
        var steps = 0;
        for (var failing = 1; ; failing++)
        {
            var before = DatabaseContent.Read(workplace.Storage.DatabaseFile);
            _disk.FailAt(failing);
            var made = await TryAsync(() => workplace.WithAsync<AccountService, Result>(a => a.CreateFirstAdminAsync("ada@example.org", "Ada", Password)));
            if (made is Result { Succeeded: true })
            {
                break;
            }

            if (_disk.Steps[^1] == FailingCommand.Committed)
            {
                break;
            }

            Assert.Equal(before, DatabaseContent.Read(workplace.Storage.DatabaseFile));
            steps++;
        }

        _disk.FailAt(0);
        Assert.True(steps > 3);
        await using var db = workplace.Open();
        Assert.Equal(Roles.Admin, await (from user in db.Users join held in db.UserRoles on user.Id equals held.UserId join role in db.Roles on held.RoleId equals role.Id select role.Name).SingleAsync(Cancellation));
    }

    private static ServiceWrite Other(string name, Func<Hospital, Task<object?>> call, Func<Hospital, Task>? arrange = null) => new(name, Least.Oneself, arrange ?? (_ => Task.CompletedTask), call);

    private async Task InviteAsync(Hospital h) => await h.WithAsync<InvitationService>(async i =>
    {
        var invited = await i.InviteAsync("pat@example.org", Roles.Lead, h.Admin, Cancellation);
        _secret = invited.Value!;
        return (Result)invited;
    });

    private async Task OpenSessionAsync(Hospital h) => _session = await h.Get<SessionService>().OpenAsync(h.Me, null, Cancellation);

    /// <summary>Calls it, and returns the steps that it took; no error but that of the disk goes on.</summary>
    private async Task<List<string>> StepsAsync(Hospital hospital, ServiceWrite write, int failing)
    {
        _disk.FailAt(failing);
        await TryAsync(() => write.Call(hospital));
        var steps = _disk.Steps;
        _disk.FailAt(0);
        return [.. steps];
    }

    private static async Task<object?> TryAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception failed) when (failed.GetBaseException() is SqliteException)
        {
            return null;
        }
    }
}
