using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Exports;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Application.Webhooks;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Tests.Abuse;

/// <summary>
/// Every public method of every service of the application: those that write when a person asks, with how they are called, and by name those that read and
/// those that write without a person's right. A test holds that none is missing.
/// </summary>
internal static class ServiceCalls
{
    /// <summary>Methods that only read, or hand on what was found.</summary>
    public static IReadOnlyList<string> Reads { get; } =
    [
        "AccountService.AnyAsync", "AccountService.ListAsync", "AdjudicationService.DisputedAsync", "AlarmService.ListAsync", "AlarmService.UnseenAsync",
        "ApiKeyService.ListAsync", "AuditTrail.ListAsync", "AuditTrail.VerifyAsync", "AuditTrail.WriteAsync", "DriftService.ReadAsync", "ExportService.ListAsync",
        "ImageService.DisplayAsync", "ImageService.ProblemAsync", "ImageService.PyramidAsync", "ImageService.TileAsync", "ImportService.GetAsync", "ImportService.IssuesAsync",
        "ImportService.ListAsync", "ImportService.PreviewAsync", "InvitationService.FindAsync", "InvitationService.ListAsync", "LabelAuditService.CountAsync",
        "LabelAuditService.LatestAsync", "LabelAuditService.ListAsync", "LabelAuditService.OtherReadersAsync", "LabelAuditService.YieldAsync",
        "LabelBalanceService.ReadAsync", "LabellingService.LastAsync", "LabellingService.NeighboursAsync", "LabellingService.ProgressAsync", "LeakService.ReadAsync",
        "LiveCheckService.Checked", "LiveCheckService.ReadAsync", "LiveCheckService.SampleAsync", "LiveService.ReadAsync", "MemberService.ListAsync", "PreferencesService.GetAsync",
        "ProjectService.FindAsync", "ProjectService.GetAsync", "ProjectService.ListAsync", "ProjectService.SplitsAsync", "PromotionService.ActiveAsync",
        "PromotionService.HistoryAsync", "ReaderReportService.ReadAsync", "ReaderReportService.ReadSwitchesAsync", "RoundComparisonService.CompareAsync",
        "RoundReportService.ReadAsync", "RoundService.ActiveAsync", "RoundService.GetAsync", "RoundService.ListAsync", "SessionService.ListAsync", "SessionService.MayComeInAsync",
        "SilentFailureService.AttributionAsync", "SilentFailureService.ListAsync", "SilentFailureService.ListLiveAsync", "SplitService.AdviseAsync", "TestSetService.ReadAsync",
        "UploadService.Received", "WebhookService.ListAsync", "WebhookService.MessagesAsync",
    ];

    /// <summary>Methods that write without asking for a right, each with the reason why they may.</summary>
    public static IReadOnlyDictionary<string, string> WithoutRight { get; } = new Dictionary<string, string>
    {
        ["AccountService.CreateFirstAdminAsync"] = "Nobody has a right yet; refused once there is an account.",
        ["AccountService.LinkAsync"] = "The hospital's own server vouches for the person; makes no admin.",
        ["AlarmService.RaiseDriftAsync"] = "The worker's; follows from data alone.",
        ["AlarmService.RaiseLostFileAsync"] = "Follows from what the disk holds, whoever met it.",
        ["AlarmService.RaiseLostWeightsAsync"] = "Follows from what the disk holds, whoever labels.",
        ["AlarmService.RaiseSilentFailuresAsync"] = "The worker's; follows from data alone.",
        ["ApiKeyService.FindAsync"] = "Whoever has the key; notes when it was used.",
        ["InvitationService.AcceptAsync"] = "Whoever has the invitation's secret.",
        ["RoundService.StartAfterLabelsAsync"] = "Follows from a stored label or the clock, by the project's setting.",
        ["SessionService.EndAsync"] = "Only ever takes a person's own session away, also from a disabled person.",
        ["SessionService.GoesOnAsync"] = "Ends the sessions of a disabled account.",
        ["SessionService.OpenAsync"] = "Part of signing in.",
        ["SessionService.SeeAsync"] = "Notes when a session was seen, and ends those of a disabled account.",
    };

    /// <summary>Methods that write when a person asks.</summary>
    public static IReadOnlyList<ServiceWrite> Writes { get; } =
    [
        new("LabellingService.OpenAsync", Least.Reader, Nothing, async h => await h.Get<LabellingService>().OpenAsync(h.Project, h.Me, 1, Cancellation)),
        new("LabellingService.AnswerAsync", Least.Reader, HoldAsync, async h => await h.Get<LabellingService>().AnswerAsync(h.Answer(h.Images[0]), Cancellation)),
        new("LabellingService.UndoAsync", Least.Reader, AnswerAsync, async h => await h.Get<LabellingService>().UndoAsync(h.Project, h.Me, Cancellation)),
        new("LabellingService.WhyAsync", Least.Reader, AnswerGoldAsync, async h => await h.Get<LabellingService>().WhyAsync(h.Project, h.Images[0], h.Me, Cancellation)),
        new("SecondLookService.RevealAsync", Least.Reader, AnswerAsync, async h => await h.Get<SecondLookService>().RevealAsync(h.Project, h.Images[0], h.Me, Cancellation)),
        new("SecondLookService.ReviseAsync", Least.Reader, RevealAsync, async h => await h.Get<SecondLookService>().ReviseAsync(h.Answer(h.Images[0], 1), Cancellation)),
        new("GridService.OpenAsync", Least.Reader, Nothing, async h => await h.Get<GridService>().OpenAsync(h.Project, h.Me, 0, Cancellation)),
        new("GridService.SubmitAsync", Least.Reader, HoldGridAsync, async h => await h.Get<GridService>().SubmitAsync(new GridRequest(h.Project, h.Me, 0, [h.Images[0], h.Images[2]], [h.Images[4]], 900, Guid.NewGuid()), Cancellation)),
        new("GridService.TakeBackAsync", Least.Reader, SubmitGridAsync, async h => await h.Get<GridService>().TakeBackAsync(h.Project, h.Me, [h.Images[0], h.Images[2]], Cancellation)),
        new("AdjudicationService.DoubtAsync", Least.Lead, AddTestImageAsync, async h => await h.Get<AdjudicationService>().DoubtAsync(h.Project, await TestImageAsync(h), h.Me, Cancellation)),
        new("AdjudicationService.WithdrawDoubtAsync", Least.Lead, DoubtAsync, async h => await h.Get<AdjudicationService>().WithdrawDoubtAsync(h.Project, await TestImageAsync(h), Cancellation)),
        new("AdjudicationService.DecideAsync", Least.Lead, ReadAsync, async h => await h.Get<AdjudicationService>().DecideAsync(h.Project, h.Images[0], h.Me, 1, Guid.NewGuid(), Cancellation)),
        new("AdjudicationService.TakeBackAsync", Least.Lead, DecideAsync, async h => await h.Get<AdjudicationService>().TakeBackAsync(h.Project, h.Me, Cancellation)),
        new("RoundService.StartAsync", Least.Lead, h => h.LabelAsync(4), async h => await h.Get<RoundService>().StartAsync(h.Project, h.Me, Cancellation)),
        new("RoundService.RunAgainAsync", Least.Lead, CompletedRoundAsync, async h => await h.Get<RoundService>().RunAgainAsync(h.Id, h.Me, Cancellation)),
        new("RoundService.CancelAsync", Least.Lead, h => h.AddRoundAsync(RoundState.Queued), async h => await h.Get<RoundService>().CancelAsync(h.Id, Cancellation)),
        new("PromotionService.OverrideAsync", Least.Lead, CompletedRoundAsync, h => h.WithAsync<PromotionService>(p => p.OverrideAsync(h.Project, h.Id, h.Me, "Compared by hand on 500 cells.", Hospital.Password, Cancellation))),
        new("PromotionService.RollBackAsync", Least.Lead, PromoteAsync, h => h.WithAsync<PromotionService>(p => p.RollBackAsync(h.Project, h.Id, h.Me, Cancellation))),
        new("LabelAuditService.StartAsync", Least.Lead, LabelPatientsAsync, async h => await h.Get<LabelAuditService>().StartAsync(h.Project, h.Me, Cancellation)),
        new("LabelAuditService.CancelAsync", Least.Lead, h => AddAuditAsync(h, LabelAuditState.Queued), async h => await h.Get<LabelAuditService>().CancelAsync(h.Id, Cancellation)),
        new("LabelAuditService.SendAsync", Least.Lead, h => AddAuditAsync(h, LabelAuditState.Completed), async h => await h.Get<LabelAuditService>().SendAsync(h.Id, h.Images[0], h.Me, Cancellation)),
        new("LabelAuditService.SendFirstAsync", Least.Lead, h => AddAuditAsync(h, LabelAuditState.Completed), async h => await h.Get<LabelAuditService>().SendFirstAsync(h.Id, 1, h.Me, Cancellation)),
        new("AlarmService.SeenAsync", Least.Lead, AddAlarmAsync, async h => await h.Get<AlarmService>().SeenAsync(h.Project, h.Id, h.Me, Cancellation)),
        new("WebhookService.AddAsync", Least.Lead, Nothing, async h => await h.Get<WebhookService>().AddAsync(h.Project, "https://hooks.example.org/in", WebhookEvents.RoundCompleted, Cancellation)),
        new("WebhookService.RenewSecretAsync", Least.Lead, AddWebhookAsync, async h => await h.Get<WebhookService>().RenewSecretAsync(h.Project, h.Id, Cancellation)),
        new("WebhookService.EnableAsync", Least.Lead, DisableWebhookAsync, async h => await h.Get<WebhookService>().EnableAsync(h.Project, h.Id, Cancellation)),
        new("WebhookService.RemoveAsync", Least.Lead, AddWebhookAsync, async h => await h.Get<WebhookService>().RemoveAsync(h.Project, h.Id, Cancellation)),
        new("WebhookService.TestAsync", Least.Lead, AddWebhookAsync, async h => await h.Get<WebhookService>().TestAsync(h.Project, h.Id, Cancellation)),
        new("WebhookService.SendAgainAsync", Least.Lead, AddMessageAsync, async h => await h.Get<WebhookService>().SendAgainAsync(h.Project, h.Id, Cancellation)),
        new("ProjectService.CreateAsync", Least.Admin, Nothing, async h => await h.Get<ProjectService>().CreateAsync("Another", "Which?", Cancellation)),
        new("ProjectService.UpdateAsync", Least.Lead, Nothing, UpdateAsync),
        new("SplitService.SplitAnewAsync", Least.Lead, BeforeTheFirstRoundAsync, async h => await h.Get<SplitService>().SplitAnewAsync(h.Project, new SplitFractions(Calibration: 0.2, Test: 0.3), Cancellation)),
        new("MemberService.SetAsync", Least.Lead, Nothing, async h => await h.Get<MemberService>().SetAsync(h.Project, h.Outsider, Roles.Pathologist, Cancellation)),
        new("MemberService.SetClosedAsync", Least.Lead, Nothing, async h => await h.Get<MemberService>().SetClosedAsync(h.Project, isClosed: false, h.Me, Cancellation)),
        new("ImportService.StartAsync", Least.Admin, AddCellsAsync, async h => await h.Get<ImportService>().StartAsync(Import(h), Cancellation)),
        new("ImportService.EnterAsync", Least.Admin, AddCellsAsync, async h => await h.Get<ImportService>().EnterAsync(Import(h), Cancellation)),
        new("ImportService.CarryOutAsync", Least.Admin, h => AddImportAsync(h, ImportState.Planned), async h => await h.Get<ImportService>().CarryOutAsync(h.Id, Cancellation)),
        new("ImportService.CancelAsync", Least.Admin, h => AddImportAsync(h, ImportState.Queued), async h => await h.Get<ImportService>().CancelAsync(h.Id, Cancellation)),
        new("UploadService.AppendAsync", Least.Admin, Nothing, async h => await h.Get<UploadService>().AppendAsync(Upload(h), 0, new MemoryStream([1, 2, 3]), Cancellation)),
        new("UploadService.ImportAsync", Least.Admin, UploadAsync, async h => await h.Get<UploadService>().ImportAsync(Upload(h), ImportService.DefaultPatientPattern, null, isDryRun: false, cancellationToken: Cancellation)),
        new("ExportService.StartAsync", Least.Admin, Nothing, async h => await h.Get<ExportService>().StartAsync(h.Project, new ExportOptions(ExportFormat.Csv), h.Me, cancellationToken: Cancellation)),
        new("ExportService.TakeAsync", Least.Admin, AddExportAsync, async h => (Result)await h.Get<ExportService>().TakeAsync(h.Project, h.Id, Cancellation)),
        new("ExportService.DeleteAsync", Least.Admin, AddExportAsync, async h => await h.Get<ExportService>().DeleteAsync(h.Id, Cancellation)),
        new("AccountService.CreateAsync", Least.Admin, Nothing, h => h.WithAsync<AccountService>(a => a.CreateAsync("new@example.org", "New", Roles.Pathologist, Hospital.Password))),
        new("AccountService.ChangeRoleAsync", Least.Admin, Nothing, h => h.WithAsync<AccountService>(a => a.ChangeRoleAsync(h.Outsider, Roles.Admin))),
        new("AccountService.ResetPasswordAsync", Least.Admin, Nothing, h => h.WithAsync<AccountService>(a => a.ResetPasswordAsync(h.Outsider, "another horse battery"))),
        new("AccountService.SetDisabledAsync", Least.Admin, Nothing, h => h.WithAsync<AccountService>(a => a.SetDisabledAsync(h.Outsider, disabled: true))),
        new("AccountService.RemoveSecondFactorAsync", Least.Admin, Nothing, h => h.WithAsync<AccountService>(a => a.RemoveSecondFactorAsync(h.Outsider))),
        new("AccountService.RemovePasskeysAsync", Least.Admin, AddPasskeysAsync, h => h.WithAsync<AccountService>(a => a.RemovePasskeysAsync(h.Outsider))),
        new("AccountService.EndSessionsAsync", Least.Admin, Nothing, h => h.WithAsync<AccountService>(a => a.EndSessionsAsync(h.Outsider, Cancellation))),
        new("AccountService.EnableSecondFactorAsync", Least.Oneself, Nothing, h => h.WithAsync<AccountService>(async a => (Result)await a.EnableSecondFactorAsync(h.Me, 10))),
        new("AccountService.DisableSecondFactorAsync", Least.Oneself, EnableSecondFactorAsync, h => h.WithAsync<AccountService>(a => a.DisableSecondFactorAsync(h.Me))),
        new("InvitationService.InviteAsync", Least.Admin, Nothing, h => h.WithAsync<InvitationService>(async i => (Result)await i.InviteAsync("new@example.org", Roles.Lead, h.Me, Cancellation))),
        new("InvitationService.RevokeAsync", Least.Admin, InviteAsync, h => h.WithAsync<InvitationService>(i => i.RevokeAsync(h.Id, Cancellation))),
        new("ApiKeyService.CreateAsync", Least.Oneself, Nothing, async h => await h.Get<ApiKeyService>().CreateAsync(h.Me, "Analyser", ApiScope.Read, 30, Cancellation)),
        new("ApiKeyService.RevokeAsync", Least.Oneself, AddKeyAsync, async h => await h.Get<ApiKeyService>().RevokeAsync(h.Me, h.Id, Cancellation)),
        new("ApiKeyService.RevokeAllAsync", Least.Admin, AddKeyAsync, async h => await h.Get<ApiKeyService>().RevokeAllAsync(h.Reader, Cancellation)),
        new("PreferencesService.SaveAsync", Least.Oneself, Nothing, async h => await h.Get<PreferencesService>().SaveAsync(new ReaderPreferences { UserId = h.Me, Language = "de" }, Cancellation)),
        new("SessionService.EndOthersAsync", Least.Oneself, OpenSessionAsync, async h => await h.Get<SessionService>().EndOthersAsync(h.Me, Guid.NewGuid(), Cancellation)),
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static Task Nothing(Hospital hospital) => Task.CompletedTask;

    private static async Task HoldAsync(Hospital h) => await h.Get<LabellingService>().OpenAsync(h.Project, h.Me, 1, Cancellation);

    private static async Task AnswerAsync(Hospital h) => await h.AnswerAsync(h.Me);

    private static async Task ReadAsync(Hospital h) => await h.AnswerAsync(h.Reader);

    private static async Task AnswerGoldAsync(Hospital h)
    {
        await AnswerAsync(h);
        await using var db = h.Open();
        await db.LabelEvents.ExecuteUpdateAsync(set => set.SetProperty(e => e.Reason, QueueReason.Gold), Cancellation);
    }

    private static async Task RevealAsync(Hospital h)
    {
        await AnswerAsync(h);
        await h.Get<SecondLookService>().RevealAsync(h.Project, h.Images[0], h.Me, Cancellation);
    }

    private static async Task HoldGridAsync(Hospital h) => await h.Get<GridService>().OpenAsync(h.Project, h.Me, 0, Cancellation);

    private static async Task SubmitGridAsync(Hospital h)
    {
        await HoldGridAsync(h);
        await h.Get<GridService>().SubmitAsync(new GridRequest(h.Project, h.Me, 0, [h.Images[0], h.Images[2]], [], 900, Guid.NewGuid()), Cancellation);
    }

    private static async Task AddTestImageAsync(Hospital h) => await h.AddTestImageAsync();

    private static async Task BeforeTheFirstRoundAsync(Hospital h)
    {
        await using var db = h.Open();
        await db.Rounds.ExecuteDeleteAsync(Cancellation);
    }

    private static async Task<Guid> TestImageAsync(Hospital h)
    {
        await using var db = h.Open();
        return await db.Images.Where(i => i.Split == Core.Splitting.DataSplit.Test).Select(i => i.Id).FirstAsync(Cancellation);
    }

    private static async Task DoubtAsync(Hospital h) => await h.Get<AdjudicationService>().DoubtAsync(h.Project, await h.AddTestImageAsync(), h.Me, Cancellation);

    private static async Task DecideAsync(Hospital h)
    {
        await ReadAsync(h);
        await h.Get<AdjudicationService>().DecideAsync(h.Project, h.Images[0], h.Me, 1, Guid.NewGuid(), Cancellation);
    }

    private static async Task CompletedRoundAsync(Hospital h)
    {
        await h.LabelAsync(4);
        await h.AddRoundAsync(RoundState.Completed);
    }

    private static async Task PromoteAsync(Hospital h)
    {
        await CompletedRoundAsync(h);
        await h.WithAsync<PromotionService>(p => p.OverrideAsync(h.Project, h.Id, h.Me, "Compared by hand on 500 cells.", Hospital.Password, Cancellation));
    }

    private static async Task LabelPatientsAsync(Hospital h)
    {
        await h.AddPatientsAsync(4, 8);
        await h.LabelAsync(h.Images.Count + 32);
    }

    private static async Task AddAuditAsync(Hospital h, LabelAuditState state)
    {
        await h.AnswerAsync(h.Reader);
        h.Id = (await h.AddAsync(new LabelAudit { ProjectId = h.Project, State = state, RequestedById = h.Lead })).Id;
        await h.AddAsync(new LabelAuditFinding { AuditId = h.Id, ImageId = h.Images[0], Rank = 1, GivenClass = 0, SuggestedClass = 1, GivenProbability = 0.01, SuggestedProbability = 0.99 });
    }

    private static async Task AddAlarmAsync(Hospital h) => h.Id = (await h.AddAsync(new Alarm { ProjectId = h.Project, Kind = AlarmKind.Drift, Cause = "import 1", Text = "Unlike." })).Id;

    private static async Task AddWebhookAsync(Hospital h)
    {
        await h.Get<WebhookService>().AddAsync(h.Project, "https://hooks.example.org/in", WebhookEvents.RoundCompleted, Cancellation);
        h.Id = (await h.Get<WebhookService>().ListAsync(h.Project, Cancellation))[0].Id;
    }

    private static async Task DisableWebhookAsync(Hospital h)
    {
        await AddWebhookAsync(h);
        await using var db = h.Open();
        await db.Webhooks.ExecuteUpdateAsync(set => set.SetProperty(w => w.DisabledReason, "The receiver says that nothing is to be sent any more."), Cancellation);
    }

    private static async Task AddMessageAsync(Hospital h)
    {
        await AddWebhookAsync(h);
        h.Id = (int)(await h.AddAsync(new WebhookMessage { WebhookId = h.Id, MessageId = "m1", Type = "test", Payload = "{}", State = WebhookMessageState.Delivered })).Id;
    }

    private static async Task<object?> UpdateAsync(Hospital h)
    {
        var project = (await h.Get<ProjectService>().GetAsync(h.Project, Cancellation))!;
        return await h.Get<ProjectService>().UpdateAsync(h.Project, ProjectSettings.Of(project) with { ReadingsPerImage = 2, GoldImages = 1 }, project.Version, Cancellation);
    }

    private static ImportRequest Import(Hospital h) => new(h.Project, h.AddCells(), "cells", IsUpload: false, ImportService.DefaultPatientPattern, h.Me);

    private static async Task AddImportAsync(Hospital h, ImportState state) => h.Id = (await h.AddAsync(new DatasetImport
    {
        ProjectId = h.Project,
        SourcePath = h.AddCells(),
        SourceName = "cells",
        PatientPattern = ImportService.DefaultPatientPattern,
        RequestedById = h.Admin,
        IsDryRun = state == ImportState.Planned,
        State = state,
    })).Id;

    private static Task<string> AddCellsAsync(Hospital h) => Task.FromResult(h.AddCells());

    private static UploadedFile Upload(Hospital h) => new(h.Project, h.Me, "cells.zip", 3, 1);

    private static async Task UploadAsync(Hospital h) => await h.Get<UploadService>().AppendAsync(Upload(h), 0, new MemoryStream([1, 2, 3]), Cancellation);

    private static async Task AddExportAsync(Hospital h)
    {
        var export = await h.AddAsync(new DataExport { ProjectId = h.Project, Format = ExportFormat.Csv, RequestedById = h.Admin, State = ExportState.Completed });
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(h.Get<StorageOptions>().ExportFolder).FullName, export.FileName), "image", Cancellation);
        h.Id = export.Id;
    }

    private static async Task EnableSecondFactorAsync(Hospital h) => await h.WithAsync<AccountService>(async a => (Result)await a.EnableSecondFactorAsync(h.Me, 10));

    private static async Task AddPasskeysAsync(Hospital h)
    {
        for (byte device = 1; device <= 2; device++)
        {
            var passkey = new UserPasskeyInfo([device], [1], h.Time.GetUtcNow(), 0, null, isUserVerified: true, isBackupEligible: false, isBackedUp: false, [1], [1]) { Name = $"Device {device}" };
            await h.WithAsync<UserManager<AppUser>>(async users => (await users.AddOrUpdatePasskeyAsync((await users.FindByIdAsync(h.Outsider))!, passkey)).Succeeded ? Result.Done : Result.Refused("Not added."));
        }
    }

    private static async Task InviteAsync(Hospital h)
    {
        await h.WithAsync<InvitationService>(async i => (Result)await i.InviteAsync("new@example.org", Roles.Lead, h.Admin, Cancellation));
        await using var db = h.Open();
        h.Id = await db.Invitations.Select(i => i.Id).SingleAsync(Cancellation);
    }

    private static async Task AddKeyAsync(Hospital h)
    {
        await h.Get<ApiKeyService>().CreateAsync(h.Reader, "Analyser", ApiScope.Read, 30, Cancellation);
        h.Id = (await h.Get<ApiKeyService>().ListAsync(h.Reader, Cancellation))[0].Id;
    }

    private static async Task OpenSessionAsync(Hospital h) => await h.Get<SessionService>().OpenAsync(h.Reader, "a browser", Cancellation);
}
