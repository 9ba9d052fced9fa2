using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Core.Statistics;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>What a lead is told about the next labels.</summary>
public sealed class WhatNextTests
{
    [Fact]
    public async Task A_lead_sees_what_the_next_labels_should_bring_and_of_whom_there_are_none()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var room = await ReadingRoom.OpenAsync(cells: 40, cancellationToken: cancellation);
        var page = room.Page;
        await page.GotoAsync("/projects/1/next");
        await Assertions.Expect(page.GetByTestId("outlook")).ToContainTextAsync("A forecast takes 4 rounds");
        await Assertions.Expect(page.GetByTestId("balance")).ToContainTextAsync("Nothing is labelled yet.");
        await Walk.InspectAsync(page, "next-empty");

        await using (var db = room.Server.OpenDatabase())
        {
            (int Labels, double Rate)[] measured = [(400, 0.041), (800, 0.0335), (1200, 0.027), (1600, 0.025), (2000, 0.0215)];
            db.Rounds.AddRange(measured.Index().Select(r => new Round
            {
                ProjectId = 1,
                Number = r.Index + 1,
                Method = "safemed-ssl",
                State = RoundState.Completed,
                ImageSize = 64,
                Epochs = 10,
                SilentFailureThreshold = 0.9,
                LabelCount = r.Item.Labels,
                TestCount = 4_636,
                TestPatients = 40,
                SilentFailureRate = r.Item.Rate,
                SilentFailureLow = r.Item.Rate - 0.005,
                SilentFailureHigh = r.Item.Rate + 0.007,
                Accuracy = 0.97 - r.Item.Rate,
                AccuracyLow = 0.955 - r.Item.Rate,
                AccuracyHigh = 0.98 - r.Item.Rate,
            }));
            await db.SaveChangesAsync(cancellation);
            await MakeActiveAsync(db, cancellation);
        }

        await page.GotoAsync("/projects/1");
        await Assertions.Expect(page.GetByTestId("outlook")).ToContainTextAsync("About 300 more labels should lower silent failures by 0.17 ± 0.03 points.");
        await page.GetByTestId("next-link").ClickAsync();
        await Assertions.Expect(page.GetByTestId("figure-forecast-silent-failures").Locator("path.interval")).ToHaveCountAsync(5);
        await page.GetByTestId("figure-forecast-silent-failures").GetByText("Table and downloads").ClickAsync();
        await Assertions.Expect(page.GetByTestId("figure-forecast-silent-failures").Locator("tbody tr").Last).ToContainTextAsync("2,300");
        await Walk.InspectAsync(page, "next");
        await page.GetByRole(AriaRole.Button, new() { Name = "Dark theme" }).ClickAsync();
        await Walk.InspectAsync(page, "next-dark");

        await Assertions.Expect(page.GetByTestId("enough")).ToContainTextAsync("answers 82.00 %");
        await BreakPromiseAsync(room.Server, cancellation);
        await page.ReloadAsync();
        await Assertions.Expect(page.GetByText("Its certificate is void")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByTestId("enough")).ToHaveCountAsync(0);
    }

    /// <summary>The latest round's model becomes the active one, with a certificate by which it answers enough.</summary>
    private static async Task MakeActiveAsync(AppDbContext db, CancellationToken cancellation)
    {
        var latest = await db.Rounds.OrderBy(r => r.Number).LastAsync(cancellation);
        latest.FinishedUtc = DateTime.UtcNow;
        latest.Certificate = new Certificate(0.93, 0.82, 2_310, 16, 13, 0.0094, 0.01, 0.05);
        var project = await db.Projects.SingleAsync(cancellation);
        project.ActiveRoundId = latest.Id;
        db.Promotions.Add(new Promotion { ProjectId = project.Id, RoundId = latest.Id, Kind = PromotionKind.Gate, AtUtc = latest.FinishedUtc.Value });
        await db.SaveChangesAsync(cancellation);
    }

    /// <summary>The locked test set turns out to have more silent failures than the certificate promises.</summary>
    private static async Task BreakPromiseAsync(RunningServer server, CancellationToken cancellation)
    {
        await using var db = server.OpenDatabase();
        var latest = await db.Rounds.OrderBy(r => r.Number).LastAsync(cancellation);
        latest.Measures = [new MeasuredValue(Measure.CertifiedSilentFailureRate, null, 0.02, new RateInterval(0.011, 0.03), 4_636)];
        await db.SaveChangesAsync(cancellation);
    }
}
