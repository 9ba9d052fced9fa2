using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Auditing;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Exports;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Webhooks;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Auditing;

public sealed class AuditTrailTests : IAsyncLifetime
{
    private Workplace _workplace = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private AuditTrail Trail => _workplace.Get<AuditTrail>();

    public async ValueTask InitializeAsync() => _workplace = await Workplace.CreateAsync();

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task An_answer_its_change_and_its_end_stand_in_the_trail_with_what_was_there_before()
    {
        var image = (await _workplace.AddImagesAsync(1))[0];
        var reader = await _workplace.AddUserAsync("Rita", Roles.Pathologist);
        await _workplace.AnswerNextAsync(reader, AnswerKind.Skip, null);
        await _workplace.AnswerNextAsync(reader, classIndex: 1);
        Assert.True((await _workplace.Labelling.UndoAsync(_workplace.ProjectId, reader, Cancellation)).Succeeded);

        var said = await Trail.ListAsync(new AuditFilter(ActorId: reader), cancellationToken: Cancellation);
        const string skipped = """{"Kind":"Skip","Class":null}""";
        const string labelled = """{"Kind":"Label","Class":"Uninfected"}""";
        Assert.Equal(
            [
                (AuditAction.AnswerTakenBack, labelled, null),
                (AuditAction.Answered, skipped, labelled),
                (AuditAction.Answered, null, skipped),
            ],
            said.Select(e => (e.Action, e.Before, e.After)));
        Assert.All(said, e => Assert.Equal(("Rita", "Malaria", $"image {image}", _workplace.Time.GetUtcNow().UtcDateTime), (e.Actor, e.Project, e.Subject, e.AtUtc)));
        Assert.True((await Trail.VerifyAsync(Cancellation)).IsIntact);
    }

    [Fact]
    public async Task What_people_do_stands_in_the_trail_under_their_names()
    {
        var admin = await _workplace.AddUserAsync("Ada", Roles.Admin);
        var reader = await _workplace.AddUserAsync("Rita", Roles.Pathologist);
        CurrentActor.Set(admin);
        var images = await _workplace.AddImagesAsync(2, DataSplit.Test);
        var adjudications = _workplace.Get<AdjudicationService>();
        Assert.Null((await adjudications.DoubtAsync(_workplace.ProjectId, images[0], admin, Cancellation)).Error);
        Assert.Null((await adjudications.WithdrawDoubtAsync(_workplace.ProjectId, images[0], Cancellation)).Error);
        Assert.Null((await adjudications.DoubtAsync(_workplace.ProjectId, images[0], admin, Cancellation)).Error);
        Assert.Null((await adjudications.DecideAsync(_workplace.ProjectId, images[0], admin, 1, Guid.NewGuid(), Cancellation)).Error);
        Assert.Null((await _workplace.WithAsync<AccountService, Result>(a => a.ChangeRoleAsync(reader, Roles.Lead))).Error);
        Assert.Null((await _workplace.WithAsync<AccountService, Result>(a => a.ResetPasswordAsync(reader, "another horse battery"))).Error);
        Assert.Null((await _workplace.WithAsync<AccountService, Result>(a => a.SetDisabledAsync(reader, disabled: true))).Error);
        var exports = _workplace.Get<ExportService>();
        var export = (await exports.StartAsync(_workplace.ProjectId, new ExportOptions(ExportFormat.Csv), admin, cancellationToken: Cancellation)).Value;
        await _workplace.Get<ExportRunner>().RunAsync(export, Cancellation);
        Assert.Null((await exports.TakeAsync(_workplace.ProjectId, export, Cancellation)).Error);
        await exports.DeleteAsync(export, Cancellation);
        await _workplace.ChangeAsync(p => p.Epochs = 12);
        var webhooks = _workplace.Get<WebhookService>();
        var secret = (await webhooks.AddAsync(_workplace.ProjectId, "https://example.org/secret-token", WebhookEvents.AlarmRaised, Cancellation)).Value!;

        var done = (await Trail.ListAsync(new AuditFilter(ActorId: admin), cancellationToken: Cancellation)).Reverse().ToList();
        Assert.Equal(
            [
                AuditAction.Doubted, AuditAction.DoubtWithdrawn, AuditAction.Doubted, AuditAction.Decided, AuditAction.RoleTaken, AuditAction.RoleGiven, AuditAction.PasswordChanged,
                AuditAction.AccountChanged, AuditAction.ExportStarted, AuditAction.ExportDownloaded, AuditAction.ExportDeleted, AuditAction.SettingsChanged, AuditAction.WebhookAdded,
            ],
            done.Where(e => e.Action is not AuditAction.ImportStarted).Select(e => e.Action));
        Assert.Equal(("account of Rita", """{"Role":"Pathologist"}"""), done.Single(e => e.Action == AuditAction.RoleTaken) is { } taken ? (taken.Subject, taken.Before) : default);
        var settings = done.Single(e => e.Action == AuditAction.SettingsChanged);
        Assert.Equal(("""{"Epochs":10}""", """{"Epochs":12}"""), (settings.Before, settings.After));
        using var table = new MemoryStream();
        await Trail.WriteAsync(new AuditFilter(), table, Cancellation);
        var text = System.Text.Encoding.UTF8.GetString(table.ToArray());
        Assert.All(["secret-token", secret, "battery", "PasswordHash"], hidden => Assert.DoesNotContain(hidden, text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""UPDATE AuditEntries SET "After" = '{"Kind":"Label","Class":"Uninfected"}' WHERE Id = 3""", "Entry 3 is not what was written: it was changed, or put in.")]
    [InlineData("UPDATE AuditEntries SET ActorId = 'somebody' WHERE Id = 3", "Entry 3 is not what was written: it was changed, or put in.")]
    [InlineData("UPDATE AuditEntries SET AtUtc = '2026-01-05 09:00:01' WHERE Id = 3", "Entry 3 is not what was written: it was changed, or put in.")]
    [InlineData("UPDATE AuditEntries SET Action = 'Decided' WHERE Id = 3", "Entry 3 is not what was written: it was changed, or put in.")]
    [InlineData("""UPDATE AuditEntries SET "Before" = '' WHERE Id = 3""", "Entry 3 is not what was written: it was changed, or put in.")]
    [InlineData("DELETE FROM AuditEntries WHERE Id = 3", "Entry 3 is missing.")]
    [InlineData("DELETE FROM AuditEntries WHERE Id = 1", "Entry 1 is missing.")]
    [InlineData("DELETE FROM AuditEntries WHERE Id = 5", "Entry 5 is missing.")]
    [InlineData("DELETE FROM AuditEntries WHERE Id >= 4", "Entry 4 is missing.|Entry 5 is missing.")]
    [InlineData("DELETE FROM AuditEntries WHERE Id = 5; UPDATE AuditHeads SET LastId = 4, Last = (SELECT Seal FROM AuditEntries WHERE Id = 4)", "The mark of the trail's end was changed or is missing: entries after the last one may have been taken out.")]
    [InlineData("DELETE FROM AuditHeads", "The mark of the trail's end was changed or is missing: entries after the last one may have been taken out.")]
    [InlineData("DELETE FROM AuditEntries WHERE Id = 3; UPDATE AuditEntries SET Id = 3 WHERE Id = 4; UPDATE AuditEntries SET Id = 4 WHERE Id = 5", "Entry 3 is not what was written: it was changed, or put in.|Entry 4 is not what was written: it was changed, or put in.|Entry 5 is missing.")]
    public async Task What_somebody_does_to_the_trail_is_found_and_where(string tampering, string found)
    {
        await _workplace.AddImagesAsync(4);
        await using (var db = _workplace.Open())
        {
            await db.Database.ExecuteSqlRawAsync("DELETE FROM AuditEntries; DELETE FROM AuditHeads", Cancellation);
        }

        await _workplace.LabelAsync("rita", 4);
        await _workplace.Labelling.UndoAsync(_workplace.ProjectId, "rita", Cancellation);
        var intact = await Trail.VerifyAsync(Cancellation);
        Assert.Equal((5, true), (intact.Entries, intact.IsIntact));

        await using (var db = _workplace.Open())
        {
            await db.Database.ExecuteSqlRawAsync(tampering.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal), Cancellation);
        }

        Assert.Equal(found.Split('|'), (await Trail.VerifyAsync(Cancellation)).Problems.Select(p => p.Sentence));
    }

    [Fact]
    public async Task The_trail_of_many_who_write_at_once_has_every_entry_once_and_no_gap()
    {
        await _workplace.AddImagesAsync(40);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async reader =>
        {
            await _workplace.LabelAsync($"reader {reader}", 10);
            for (var i = 0; i < 5; i++)
            {
                await using var db = _workplace.Open();
                (await db.Users.AddAsync(new AppUser { UserName = $"{reader}-{i}", DisplayName = "Some" }, Cancellation)).Entity.Email = $"{reader}-{i}@example.org";
                await db.SaveChangesAsync(Cancellation);
            }
        }));

        var verification = await Trail.VerifyAsync(Cancellation);
        Assert.Empty(verification.Problems);
        await using var all = _workplace.Open();
        Assert.Equal((40, 20), (await all.AuditEntries.CountAsync(e => e.Action == AuditAction.Answered, Cancellation), await all.AuditEntries.CountAsync(e => e.Action == AuditAction.AccountCreated, Cancellation)));
    }

    [Fact]
    public async Task What_cannot_be_saved_leaves_nothing_in_the_trail_and_what_is_saved_after_it_does()
    {
        await using var db = _workplace.Open();
        var before = (await Trail.VerifyAsync(Cancellation)).Entries;
        var twice = new Project { Name = "Malaria" };
        db.Projects.Add(twice);
        await Assert.ThrowsAsync<DbUpdateException>(() => db.SaveChangesAsync(Cancellation));
        Assert.Equal(before, (await Trail.VerifyAsync(Cancellation)).Entries);

        twice.Name = "Another";
        await db.SaveChangesAsync(Cancellation);
        var after = await Trail.VerifyAsync(Cancellation);
        Assert.Equal((before + 1, true), (after.Entries, after.IsIntact));
    }

    [Fact]
    public async Task A_filter_leaves_what_it_asks_for_and_pages_follow_each_other()
    {
        await _workplace.AddImagesAsync(60);
        await _workplace.LabelAsync("rita", 55);
        _workplace.Time.Advance(TimeSpan.FromDays(1));
        await _workplace.LabelAsync("otto", 5);

        var first = await Trail.ListAsync(new AuditFilter(ActorId: "rita"), cancellationToken: Cancellation);
        var rest = await Trail.ListAsync(new AuditFilter(ActorId: "rita"), first[^1].Id, Cancellation);
        Assert.Equal((AuditTrail.PageSize, 5), (first.Count, rest.Count));
        Assert.Equal(first.Concat(rest).Select(e => e.Id).OrderDescending(), first.Concat(rest).Select(e => e.Id));
        var today = AuditFilter.OfDays(_workplace.ProjectId, null, AuditAction.Answered, new DateOnly(2026, 1, 6), new DateOnly(2026, 1, 6));
        Assert.Equal(Enumerable.Repeat("otto", 5), (await Trail.ListAsync(today, cancellationToken: Cancellation)).Select(e => e.Actor));
    }
}
