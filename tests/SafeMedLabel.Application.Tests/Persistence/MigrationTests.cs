using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Application.Webhooks;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Persistence;

public sealed class MigrationTests
{
    [Fact]
    public async Task What_was_read_before_readings_were_counted_stays_read()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var workplace = await Workplace.CreateAsync();
        var images = await workplace.AddImagesAsync(3);
        await workplace.LabelAsync("ada", 1);
        await workplace.AnswerNextAsync("ada", AnswerKind.Skip);
        await workplace.NextAsync("ada");
        await using (var db = workplace.Open())
        {
            var migrator = db.GetService<IMigrator>();
            await migrator.MigrateAsync("PatientIndex", cancellation);
            await migrator.MigrateAsync(cancellationToken: cancellation);
        }

        await using var read = workplace.Open();
        var readings = await read.Images.ToDictionaryAsync(i => i.Id, i => (i.ReadingsGiven, i.ReadingsTaken, i.ReadingsWanted), cancellation);
        Assert.Equal([(1, 1, 1), (0, 0, 1), (0, 1, 1)], images.Select(id => readings[id]));
        Assert.Equal((1, 0.1), await read.Projects.Select(p => ValueTuple.Create(p.ReadingsPerImage, p.AuditFraction)).SingleAsync(cancellation));
    }

    [Fact]
    public async Task What_was_read_before_anybody_could_see_the_models_opinion_was_read_unaided()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var workplace = await Workplace.CreateAsync();
        await workplace.AddImagesAsync(2);
        await workplace.LabelAsync("ada", 2);
        await using (var db = workplace.Open())
        {
            var migrator = db.GetService<IMigrator>();
            await migrator.MigrateAsync("Adjudications", cancellation);
            await migrator.MigrateAsync(cancellationToken: cancellation);
        }

        await using var read = workplace.Open();
        Assert.Equal([0, 1], await read.Answers.OrderBy(a => a.EventId).Select(a => a.UnaidedClassIndex!.Value).ToListAsync(cancellation));
        Assert.Equal([Aid.Unaided], await read.LabelEvents.Select(e => e.Aid).Distinct().ToListAsync(cancellation));
        Assert.Equal((true, false), await read.Projects.Select(p => ValueTuple.Create(p.GridAllowed, p.RevealAllowed)).SingleAsync(cancellation));
    }

    [Fact]
    public async Task A_project_from_before_other_weights_came_with_the_program_goes_on_with_random_ones()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var workplace = await Workplace.CreateAsync();
        await using (var db = workplace.Open())
        {
            var migrator = db.GetService<IMigrator>();
            await migrator.MigrateAsync("SignInAndJobTries", cancellation);
            await migrator.MigrateAsync(cancellationToken: cancellation);
        }

        await using var read = workplace.Open();
        Assert.Equal(Beginning.Random, await read.Projects.Select(p => p.Beginning).SingleAsync(cancellation));
    }

    [Fact]
    public async Task The_address_that_alarms_went_to_goes_on_as_a_webhook()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var workplace = await Workplace.CreateAsync();
        await using (var db = workplace.Open())
        {
            var migrator = db.GetService<IMigrator>();
            await migrator.MigrateAsync("InvitationsAndSessions", cancellation);
            await db.Database.ExecuteSqlRawAsync("UPDATE Projects SET AlarmWebhook = 'https://alarms.example.org/safemed?key=1'", cancellation);
            await migrator.MigrateAsync(cancellationToken: cancellation);
        }

        var webhook = Assert.Single(await workplace.Get<WebhookService>().ListAsync(workplace.ProjectId, cancellation));
        Assert.Equal(("https://alarms.example.org/safemed?key=1", WebhookEvents.AlarmRaised, null), (webhook.Address, webhook.Events, webhook.DisabledReason));
    }
}
