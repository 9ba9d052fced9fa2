using Microsoft.Playwright;
using SafeMedLabel.Application.Rounds;
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
    }
}
