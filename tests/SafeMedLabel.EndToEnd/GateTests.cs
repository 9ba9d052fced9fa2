using Microsoft.Playwright;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.EndToEnd;

/// <summary>Which model is active, as a lead sees and decides it.</summary>
public sealed class GateTests
{
    private const string Reason = "Compared by hand on 500 cells of March.";

    [Fact]
    public async Task A_refused_model_is_inactive_until_a_lead_signs_for_it_and_one_click_goes_back()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var room = await ReadingRoom.OpenAsync(cells: 40, cancellationToken: cancellation);
        var (passed, refused) = await AddRoundsAsync(room.Server, cancellation);
        var page = room.Page;

        await page.GotoAsync("/projects/1");
        await Assertions.Expect(page.GetByTestId("active-round")).ToHaveTextAsync("Round 1");
        await Assertions.Expect(page.GetByTestId("active-model")).ToContainTextAsync("it passed the safety gate");
        await Assertions.Expect(page.GetByTestId("certificate")).ToContainTextAsync("Certified over 0.9312");
        await Walk.InspectAsync(page, "dashboard-gate");

        await page.GotoAsync($"/projects/1/rounds/{refused}");
        await Assertions.Expect(page.GetByTestId("gate").GetByTestId("gate-verdict").First).ToHaveTextAsync("fail");
        await Assertions.Expect(page.GetByTestId("certificate")).ToContainTextAsync("No certificate");
        await Assertions.Expect(page.GetByTestId("is-active")).ToHaveCountAsync(0);
        await Walk.InspectAsync(page, "round-refused");

        await SignAsync(page);
        await Assertions.Expect(page.GetByTestId("is-active")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByTestId("override-notice")).ToContainTextAsync(Reason);
        await Walk.InspectAsync(page, "round-overridden");

        await page.GotoAsync("/projects/1");
        await Assertions.Expect(page.GetByTestId("override-notice")).ToContainTextAsync($"the gate said 'fail', and Ada Admin signed");
        await Walk.InspectAsync(page, "dashboard-overridden");
        await page.GetByRole(AriaRole.Button, new() { Name = "Dark theme" }).ClickAsync();
        await Walk.InspectAsync(page, "dashboard-overridden-dark");

        await page.GetByTestId("roll-back").ClickAsync();
        await Assertions.Expect(page.GetByTestId("active-round")).ToHaveTextAsync("Round 1");
        await Assertions.Expect(page.GetByTestId("override-notice")).ToHaveCountAsync(0);
        await page.GotoAsync($"/projects/1/rounds/{passed}");
        await Assertions.Expect(page.GetByTestId("is-active")).ToBeVisibleAsync();
        await Walk.InspectAsync(page, "round-passed-dark");
    }

    /// <summary>Not without a reason, not with a wrong password.</summary>
    private static async Task SignAsync(IPage page)
    {
        await page.GetByTestId("override").ClickAsync();
        await Assertions.Expect(page.GetByTestId("override-sign")).ToBeDisabledAsync();
        await page.GetByTestId("override-password").FillAsync("correct horse battery");
        await page.GetByTestId("override-sign").ClickAsync();
        await Assertions.Expect(page.GetByTestId("override-error")).ToContainTextAsync("Please give a reason");
        await page.GetByTestId("override-reason").FillAsync(Reason);
        await page.GetByTestId("override-password").FillAsync("wrong horse battery");
        await page.GetByTestId("override-password").PressAsync("Enter");
        await Assertions.Expect(page.GetByTestId("override-error")).ToHaveTextAsync("This is not your password.");
        await Walk.InspectAsync(page, "override");
        await page.GetByTestId("override-password").FillAsync("correct horse battery");
        await page.GetByTestId("override-sign").ClickAsync();
    }

    /// <summary>As the worker leaves them: the first active by the gate, the second refused.</summary>
    private static async Task<(int Passed, int Refused)> AddRoundsAsync(RunningServer server, CancellationToken cancellation)
    {
        await using var db = server.OpenDatabase();
        var passed = Measured(1, GateVerdict.Pass, against: null);
        passed.Certificate = new Certificate(0.9312, 0.862, 2_310, 16, 13, 0.0094, 0.01, 0.05);
        db.Rounds.Add(passed);
        await db.SaveChangesAsync(cancellation);
        var refused = Measured(2, GateVerdict.Fail, passed.Id);
        db.Rounds.Add(refused);
        db.Promotions.Add(new Promotion { ProjectId = 1, RoundId = passed.Id, Kind = PromotionKind.Gate, AtUtc = DateTime.UtcNow });
        (await db.Projects.FindAsync([1], cancellation))!.ActiveRoundId = passed.Id;
        await db.SaveChangesAsync(cancellation);
        return (passed.Id, refused.Id);
    }

    private static Round Measured(int number, GateVerdict verdict, int? against)
    {
        var rate = verdict == GateVerdict.Pass ? 0.011 : 0.031;
        var criteria = new List<GateCriterion>
        {
            new(GateMeasure.SilentFailureRate, null, rate, new(rate - 0.004, rate + 0.006), 0.02, verdict),
            new(GateMeasure.Sensitivity, 0, 0.952, new(0.931, 0.968), 0.9, GateVerdict.Pass),
            new(GateMeasure.Sensitivity, 1, 0.964, new(0.949, 0.977), 0.9, GateVerdict.Pass),
            new(GateMeasure.Coverage, null, 0.91, new(0.88, 0.93), 0.5, GateVerdict.Pass),
        };
        if (against is not null)
        {
            criteria.Insert(0, new(GateMeasure.SilentFailureDifference, null, 0.02, new(0.012, 0.029), 0.005, GateVerdict.Fail));
        }

        return new Round
        {
            ProjectId = 1,
            Number = number,
            Method = "safemed-ssl",
            State = RoundState.Completed,
            StartedUtc = DateTime.UtcNow.AddMinutes(-20),
            FinishedUtc = DateTime.UtcNow,
            ModelFile = $"round-{number}.safetensors",
            ImageSize = 64,
            Epochs = 10,
            SilentFailureThreshold = 0.8,
            CertifiedRate = 0.01,
            CertifiedDoubt = 0.05,
            LabelCount = 400 * number,
            TestCount = 4_636,
            TestPatients = 40,
            Accuracy = 0.958,
            AccuracyLow = 0.947,
            AccuracyHigh = 0.968,
            Auc = 0.9891,
            SilentFailureRate = rate,
            SilentFailureLow = rate - 0.004,
            SilentFailureHigh = rate + 0.006,
            GateAgainstRoundId = against,
            Gate = new GateReport(verdict, 0.8, 4_636, 40, criteria, against is null ? null : 98, against is null ? null : 5, against is null ? null : 1e-12),
        };
    }
}
