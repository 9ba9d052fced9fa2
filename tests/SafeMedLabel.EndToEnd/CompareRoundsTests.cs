using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>Two rounds side by side, and a round once more.</summary>
public sealed class CompareRoundsTests
{
    [Fact]
    public async Task A_lead_holds_two_rounds_against_each_other_and_runs_one_again()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var room = await ReadingRoom.OpenAsync(cells: 60, cancellationToken: cancellation);
        var (first, second) = (await AddRoundAsync(room.Server, 1, mistakes: 4, cancellation), await AddRoundAsync(room.Server, 2, mistakes: 1, cancellation));
        var page = room.Page;

        await page.GotoAsync($"/projects/1/rounds/{second}");
        await Assertions.Expect(page.GetByTestId("compared-round")).ToHaveValueAsync($"{first}");
        await Walk.InspectAsync(page, "round-compare-with");
        await page.GetByTestId("compare").ClickAsync();
        await Assertions.Expect(page.GetByTestId("compared").Locator("tbody tr").Nth(1)).ToContainTextAsync("Silent failures over 0.90");
        await Assertions.Expect(page.Locator(".figure svg")).ToHaveCountAsync(2);
        await Walk.InspectAsync(page, "compare");
        await page.GetByRole(AriaRole.Button, new() { Name = "Dark theme" }).ClickAsync();
        await Walk.InspectAsync(page, "compare-dark");

        await page.GotoAsync($"/projects/1/rounds/{first}/compare/999");
        await Assertions.Expect(page.GetByTestId("compare-error")).ToContainTextAsync("one of them is not there");

        // Its labels were never given: the service's own sentence says so.
        await page.GotoAsync($"/projects/1/rounds/{first}");
        await page.GetByTestId("run-again").ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Run again" }).ClickAsync();
        await Assertions.Expect(page.GetByText("A round needs at least 2 labels")).ToBeVisibleAsync();
    }

    /// <summary>A round as the worker leaves it, whose model is surely wrong about the first few test images.</summary>
    private static async Task<int> AddRoundAsync(RunningServer server, int number, int mistakes, CancellationToken cancellation)
    {
        await using var db = server.OpenDatabase();
        var images = await db.Images.Where(i => i.Split == DataSplit.Test).OrderBy(i => i.ContentHash).ToListAsync(cancellation);
        double[][] answers = [.. images.Select((image, i) => (image.ReferenceClass == 0) == (i >= mistakes) ? new[] { 0.97, 0.03 } : [0.03, 0.97])];
        var set = new PredictionSet(2, [.. images.Select(i => i.ReferenceClass!.Value)], answers.SelectMany(a => a).ToArray());
        var round = new Round
        {
            ProjectId = 1,
            Number = number,
            Method = "safemed-ssl",
            State = RoundState.Completed,
            ImageSize = 64,
            Epochs = 10,
            Seed = number,
            SilentFailureThreshold = 0.9,
            LabelCount = 400 * number,
            FinishedUtc = DateTime.UtcNow,
            TestCount = images.Count,
            Accuracy = Metrics.Accuracy(set),
            Measures = MeasuredValue.All(set, [.. images.Select(i => i.Patient)], 0.9),
        };
        db.Rounds.Add(round);
        await db.SaveChangesAsync(cancellation);
        db.TestPredictions.AddRange(images.Select((image, i) => new TestPrediction
        {
            RoundId = round.Id,
            ImageId = image.Id,
            ReferenceClass = image.ReferenceClass!.Value,
            Probabilities = TestPrediction.Pack(answers[i]),
            Uncertainty = 0.01,
            Likeness = new byte[128],
        }));
        await db.SaveChangesAsync(cancellation);
        return round.Id;
    }
}
