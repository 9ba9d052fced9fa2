using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>What readers say of images drawn at random, held against what a round's model had said of them and of its pseudo-labels.</summary>
public sealed class SilentFailureTests
{
    private const int Drawn = 6;
    private const int Failures = 2;

    [Fact]
    public async Task A_lead_comes_from_the_live_check_to_its_images_and_sees_how_many_pseudo_labels_were_wrong()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var room = await ReadingRoom.OpenAsync(cells: 40, cancellationToken: cancellation);
        await AddAsync(room.Server, cancellation);
        var page = room.Page;

        await page.GotoAsync("/projects/1");
        await page.GetByTestId("look-at-live-failures").ClickAsync();
        var failures = page.GetByTestId("live-failure");
        await Assertions.Expect(failures).ToHaveCountAsync(Failures);
        await Assertions.Expect(failures.First).ToContainTextAsync("Readers: 2 × Uninfected");
        await Walk.InspectAsync(page, "live-failures");
        await page.GetByRole(AriaRole.Button, new() { Name = "Dark theme" }).ClickAsync();
        await Walk.InspectAsync(page, "live-failures-dark");

        await page.GotoAsync("/projects/1/rounds/1");
        var figure = page.GetByTestId("figure-round-1-pseudo-label-error");
        await figure.Locator("summary").ClickAsync();
        // Six accepted in each epoch, two of them wrong.
        await Assertions.Expect(figure.Locator("tbody tr").First).ToContainTextAsync("33.33 %");
        await figure.ScrollIntoViewIfNeededAsync();
        await Walk.InspectAsync(page, "pseudo-label-error-dark");
    }

    /// <summary>A round that took all of the pool for class 0 and was sure, and two readers who have read the first images of it.</summary>
    private static async Task AddAsync(RunningServer server, CancellationToken cancellation)
    {
        await using var db = server.OpenDatabase();
        var round = new Round { ProjectId = 1, Number = 1, Method = "safemed-ssl", State = RoundState.Completed, SilentFailureThreshold = 0.8, Epochs = 2 };
        db.Rounds.Add(round);
        await db.SaveChangesAsync(cancellation);
        var pool = await db.Images.Where(i => i.Split == DataSplit.Training).OrderBy(i => i.ContentHash).Select(i => i.Id).Take(Drawn).ToListAsync(cancellation);
        db.RoundPredictions.AddRange(pool.Select(id => new RoundPrediction { RoundId = round.Id, ImageId = id, ClassIndex = 0, Confidence = 0.97 }));
        var trace = new PseudoLabelTrace(Drawn);
        foreach (var (place, image) in pool.Index())
        {
            trace.Note(place, FilterVerdict.Accepted, 0);
            foreach (var reader in (string[])["ben", "cleo"])
            {
                var given = new LabelEvent
                {
                    ProjectId = 1,
                    ImageId = image,
                    ReaderId = reader,
                    Kind = AnswerKind.Label,
                    ClassIndex = place < Failures ? 1 : 0,
                    AtUtc = DateTime.UtcNow,
                    ClientKey = Guid.NewGuid(),
                    QueueRoundId = round.Id,
                    Reason = QueueReason.Audit,
                };
                db.LabelEvents.Add(given);
                await db.SaveChangesAsync(cancellation);
                db.Answers.Add(new Answer { ProjectId = 1, ImageId = image, ReaderId = reader, Kind = AnswerKind.Label, ClassIndex = given.ClassIndex, UnaidedClassIndex = given.ClassIndex, EventId = given.Id });
            }
        }

        db.RoundEpochs.AddRange(Enumerable.Range(1, round.Epochs).Select(epoch => new RoundEpoch { RoundId = round.Id, Epoch = epoch, Accepted = Drawn, Audited = trace.ToBytes() }));
        await db.SaveChangesAsync(cancellation);
        await db.Projects.ExecuteUpdateAsync(set => set.SetProperty(p => p.QueueRoundId, round.Id), cancellation);
    }
}
