using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Application.Tests.Rounds;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Monitoring;

/// <summary>What a report says of the data, and of when a certificate counts.</summary>
public sealed class RoundReportServiceTests : IAsyncLifetime
{
    private static readonly Certificate Promise = new(0.9, 0.8, 2_310, 16, 13, 0.009, 0.01, 0.05);

    private readonly ScriptedTrainer _trainer = new() { Certificate = Promise };
    private Workplace _workplace = null!;
    private string _lead = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _workplace = await ScriptedRounds.CreateAsync(_trainer);
        _lead = await _workplace.AddUserAsync("Lea", Roles.Lead);
        await _workplace.AddImagesAsync(12);
        await _workplace.AddImagesAsync(6, DataSplit.Test, "T1");
        await _workplace.AddImagesAsync(4, DataSplit.Test, "T2");
        await _workplace.AddImagesAsync(2, DataSplit.Calibration);
        await _workplace.LabelAsync("ada", 5);
    }

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task Training_images_count_by_their_labels_as_of_the_round_and_the_others_by_what_is_known_of_them()
    {
        await _workplace.AnswerNextAsync("ada", AnswerKind.Unreadable);
        var round = await ScriptedRounds.RunAsync(_workplace, _lead);
        await _workplace.LabelAsync("ada", 3);

        var report = await ReadAsync(round.Id);

        Assert.Equal(
            [(DataSplit.Training, 12, 1, "3 2", 7), (DataSplit.Calibration, 2, 1, "1 1", 0), (DataSplit.Test, 10, 2, "5 5", 0)],
            report.Splits.Select(s => (s.Split, s.Images, s.Patients, string.Join(' ', s.Classes), s.Unknown)));
        Assert.Equal((1, 0, 1), (report.Unreadable, report.Disputed, report.Readers));
    }

    [Fact]
    public async Task A_class_that_was_decided_before_the_round_counts_as_decided()
    {
        await DecideAsync(1);
        var round = await ScriptedRounds.RunAsync(_workplace, _lead);

        Assert.Equal([4, 6], (await ReadAsync(round.Id)).Splits.Single(s => s.Split == DataSplit.Test).Classes);
    }

    [Fact]
    public async Task Images_that_came_in_later_are_in_no_count_and_end_the_certificate()
    {
        // On the test set it is never silently wrong above the threshold: it is never that sure.
        _trainer.Answer = (_, _) => [0.6, 0.4];
        var round = await ScriptedRounds.RunAsync(_workplace, _lead);
        var before = await ReadAsync(round.Id);
        await ImportLaterAsync();

        var after = await ReadAsync(round.Id);

        Assert.Equal((false, Promise.Threshold), (before.Detail.DataChanged, before.AnswersAbove!.Value));
        Assert.Equal((true, null), (after.Detail.DataChanged, after.AnswersAbove));
        Assert.Equal(before.Splits.Select(s => s.Images), after.Splits.Select(s => s.Images));
    }

    [Fact]
    public async Task A_certificate_that_the_test_set_breaks_lets_no_answer_count()
    {
        // Sure of class 0 always: wrong in half of the images.
        var round = await ScriptedRounds.RunAsync(_workplace, _lead);

        Assert.Null((await ReadAsync(round.Id)).AnswersAbove);
    }

    private async Task<RoundReport> ReadAsync(int roundId)
    {
        var report = await _workplace.WithAsync<RoundReportService, Result<RoundReport>>(r => r.ReadAsync(_workplace.ProjectId, roundId, Cancellation));
        Assert.Null(report.Error);
        return report.Value!;
    }

    /// <summary>A lead decides that a test image of class 0 is of another.</summary>
    private async Task DecideAsync(int classIndex)
    {
        await using var db = _workplace.Open();
        var image = await db.Images.FirstAsync(i => i.Split == DataSplit.Test && i.ReferenceClass == 0, Cancellation);
        db.LabelEvents.Add(new LabelEvent
        {
            ProjectId = _workplace.ProjectId,
            ImageId = image.Id,
            ReaderId = _lead,
            Kind = AnswerKind.Label,
            ClassIndex = classIndex,
            Reason = QueueReason.Adjudication,
            AtUtc = _workplace.Time.GetUtcNow().UtcDateTime,
            ClientKey = Guid.NewGuid(),
        });
        await db.SaveChangesAsync(Cancellation);
    }

    private async Task ImportLaterAsync()
    {
        _workplace.Time.Advance(TimeSpan.FromHours(1));
        await _workplace.AddImagesAsync(8, DataSplit.Test, "T3");
        await using var db = _workplace.Open();
        var import = await db.Imports.OrderByDescending(i => i.Id).FirstAsync(Cancellation);
        import.FinishedUtc = _workplace.Time.GetUtcNow().UtcDateTime;
        await db.SaveChangesAsync(Cancellation);
    }
}
