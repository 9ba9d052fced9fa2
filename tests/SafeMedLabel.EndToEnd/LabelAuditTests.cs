using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>Suspected labels, as a lead sees them and another reader does not.</summary>
public sealed class LabelAuditTests
{
    private const int Suspected = 5;
    private const int Labels = 24;

    [Fact]
    public async Task A_lead_sends_suspected_labels_to_another_reader_who_is_told_nothing_and_reads_what_came_of_it()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var room = await ReadingRoom.OpenAsync(cells: 160, cancellationToken: cancellation);
        var page = room.Page;

        await page.GotoAsync("/projects/1");
        await page.GetByTestId("label-audit-link").ClickAsync();
        await Assertions.Expect(page.GetByText("No label audit yet")).ToBeVisibleAsync();
        await page.GetByTestId("start-audit").ClickAsync();
        await Assertions.Expect(page.GetByText("A label audit needs at least 10 labels")).ToBeVisibleAsync();
        await page.GotoAsync("/projects/1/label-audit");
        await Assertions.Expect(page.GetByText("No label audit yet")).ToBeVisibleAsync();
        await Walk.InspectAsync(page, "label-audit-none");

        await Walk.AddReaderAsync(page, "Ben Reader", "ben@example.org");
        await page.GotoAsync("/projects/1/label");
        for (var i = 0; i < Labels; i++)
        {
            await Walk.AnswerAsync(page, key: $"{1 + (i % 2)}");
        }

        await StartAndCancelAsync(page);
        var suspected = await AddAuditAsync(room.Server, cancellation);
        await page.GotoAsync("/projects/1/label-audit");
        await Assertions.Expect(page.GetByTestId("suspected")).ToHaveCountAsync(Suspected);
        await Assertions.Expect(page.GetByTestId("one-reader")).ToContainTextAsync("Nobody but you has read here");
        await page.GetByTestId("suspected").Nth(1).GetByTestId("send").ClickAsync();
        await Assertions.Expect(page.GetByTestId("waiting")).ToHaveCountAsync(1);
        await page.GetByTestId("send-count").FillAsync("2");
        await page.GetByTestId("send-count").BlurAsync();
        await page.GetByTestId("send-first").ClickAsync();
        await Assertions.Expect(page.GetByTestId("waiting")).ToHaveCountAsync(3);
        await Assertions.Expect(page.GetByTestId("yield")).ToContainTextAsync("3 images sent for a second reading; none has been read yet.");

        var other = await Walk.OpenAsync(room.Browser, room.Server);
        await Walk.SignInAsync(other, "ben@example.org");
        await other.GotoAsync("/projects/1/label");
        // The first label is contradicted, the second confirmed.
        var first = await Walk.WaitForImageAsync(other);
        await Walk.AnswerAsync(other, key: suspected[first] == 0 ? "2" : "1");
        var second = await Walk.WaitForImageAsync(other);
        await Walk.AnswerAsync(other, key: suspected[second] == 0 ? "1" : "2");
        Assert.Subset(suspected.Keys.Take(3).ToHashSet(), new HashSet<Guid> { first, second });

        await page.GotoAsync("/projects/1/label-audit");
        await Assertions.Expect(page.GetByTestId("yield")).ToContainTextAsync("3 images sent, 2 read again since: 1 of 2 second readings contradict the label (50.00 %");
        await Assertions.Expect(page.GetByTestId("contradicted")).ToHaveCountAsync(1);
        await Walk.InspectAsync(page, "label-audit");
        await page.GetByRole(AriaRole.Button, new() { Name = "Dark theme" }).ClickAsync();
        await Walk.InspectAsync(page, "label-audit-dark");
    }

    /// <summary>The worker takes an audit up, says how far it is, and stops when it is told to.</summary>
    private static async Task StartAndCancelAsync(IPage page)
    {
        await page.GotoAsync("/projects/1/label-audit");
        await page.GetByTestId("start-audit").ClickAsync();
        await Assertions.Expect(page.GetByTestId("audit-progress")).ToContainTextAsync("Auditing");
        await Walk.InspectAsync(page, "label-audit-running");
        await page.GetByTestId("cancel-audit").ClickAsync();
        await Assertions.Expect(page.GetByText("The last audit was cancelled.")).ToBeVisibleAsync();
    }

    /// <summary>As the worker leaves an audit that suspects the first of these labels; images and labels in the order of suspicion.</summary>
    private static async Task<Dictionary<Guid, int>> AddAuditAsync(RunningServer server, CancellationToken cancellation)
    {
        await using var db = server.OpenDatabase();
        var reader = await db.Users.Where(u => u.Email == "ada@example.org").Select(u => u.Id).FirstAsync(cancellation);
        var audit = new LabelAudit
        {
            ProjectId = 1,
            RequestedById = reader,
            RequestedUtc = DateTime.UtcNow.AddMinutes(-4),
            FinishedUtc = DateTime.UtcNow,
            State = LabelAuditState.Completed,
            LabelCount = Labels,
            Progress = 1,
            Folds = LabelCrossValidation.UsualFolds,
            Epochs = LabelCrossValidation.UsualEpochs,
            ImageSize = 64,
        };
        db.LabelAudits.Add(audit);
        await db.SaveChangesAsync(cancellation);
        var labelled = await db.Answers.Where(a => a.ReaderId == reader && a.Kind == AnswerKind.Label).OrderBy(a => a.EventId).Take(Suspected).ToListAsync(cancellation);
        db.LabelAuditFindings.AddRange(labelled.Index().Select(l => new LabelAuditFinding
        {
            AuditId = audit.Id,
            ImageId = l.Item.ImageId,
            Rank = l.Index,
            GivenClass = l.Item.ClassIndex!.Value,
            SuggestedClass = 1 - l.Item.ClassIndex.Value,
            GivenProbability = 0.02 * (l.Index + 1),
            SuggestedProbability = 1 - (0.02 * (l.Index + 1)),
        }));
        await db.SaveChangesAsync(cancellation);
        return labelled.ToDictionary(l => l.ImageId, l => l.ClassIndex!.Value);
    }
}
