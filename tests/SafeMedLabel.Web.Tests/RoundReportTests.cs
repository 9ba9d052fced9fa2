using System.Globalization;
using System.Net;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Web.Model;

namespace SafeMedLabel.Web.Tests;

/// <summary>A round's report as a lead gets it over HTTP.</summary>
public sealed class RoundReportTests : IAsyncLifetime
{
    private const string Reason = "<script>alert(1)</script> & compared by hand on 500 cells.";
    private const string Patient = "Zebedee";

    /// <summary>Of each measure another value, interval and number of images.</summary>
    private static readonly MeasuredValue[] Measures =
    [
        .. new (Measure Measure, int? Class)[]
        {
            (Measure.Accuracy, null), (Measure.Sensitivity, 0), (Measure.Specificity, 0), (Measure.Sensitivity, 1), (Measure.Specificity, 1), (Measure.Auc, null),
            (Measure.SilentFailureRate, null), (Measure.Coverage, null), (Measure.Aurc, null), (Measure.Ece, null),
            (Measure.CertifiedSilentFailureRate, null), (Measure.CertifiedCoverage, null),
        }.Index().Select(m => new MeasuredValue(m.Item.Measure, m.Item.Class, 0.5 + (m.Index / 100.0), new(0.3 + (m.Index / 100.0), 0.7 + (m.Index / 100.0)), 4_500 + m.Index)),
    ];

    private readonly TestServer _server = new();
    private int _project;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _server.AddUserAsync("lea", Roles.Lead);
        await _server.AddUserAsync("pat", Roles.Pathologist);
        (_project, _) = await _server.AddImageAsync();
        await using var db = Open();
        foreach (var (i, image) in (await db.Images.ToListAsync(Cancellation)).Index())
        {
            (image.Patient, image.Split, image.ReferenceClass) = ($"{Patient}-{i}", DataSplit.Test, i);
        }

        await db.SaveChangesAsync(Cancellation);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task It_comes_as_a_file_that_no_browser_keeps()
    {
        var round = await AddRoundAsync();
        using var lead = await _server.BrowserAsync("lea");

        var answer = await GetAsync(lead, round);

        Assert.Equal((HttpStatusCode.OK, "text/html", "no-store"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType, answer.Headers.CacheControl!.ToString()));
        Assert.Equal(("attachment", "round-1-report.html"), (answer.Content.Headers.ContentDisposition!.DispositionType, answer.Content.Headers.ContentDisposition.FileName));
    }

    [Fact]
    public async Task It_has_every_measure_with_its_interval_and_its_number_of_images()
    {
        var report = await ReadAsync(await AddRoundAsync());

        var rows = Rows(report, "Measured on the locked test set");
        Assert.Equal(
            Measures.Select(m => (Number(m, m.Value!.Value), Number(m, m.Interval!.Value.Low), Number(m, m.Interval.Value.High), m.Count.ToString("n0", CultureInfo.InvariantCulture))),
            rows.Select(r => (r[1], r[2], r[3], r[4])));
        Assert.Equal(Measures.Length, rows.Select(r => r[0]).Distinct().Count());
        Assert.Contains("On the locked test set: 2 images of 2 patients.", report.Body!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_round_from_before_more_was_kept_has_the_numbers_that_its_row_has()
    {
        var report = await ReadAsync(await AddRoundAsync(r => (r.Measures, r.Accuracy, r.AccuracyLow, r.AccuracyHigh, r.Auc) = (null, 0.91, 0.85, 0.95, 0.97)));

        Assert.Equal([["Accuracy", "91.00 %", "85.00 %", "95.00 %", "2"], ["AUC", "0.9700", "–", "–", "2"]], Rows(report, "Measured on the locked test set").Take(2));
    }

    [Fact]
    public async Task Every_figure_has_its_picture_a_line_that_says_how_to_read_it_and_its_table()
    {
        var report = await ReadAsync(await AddRoundAsync());

        var figures = report.QuerySelectorAll("figure");
        Assert.Equal(
            ["Loss", "Pseudo-labels and the safety filter", "Silent failures by threshold", "Risk and coverage", "Reliability", "Uncertainty of right and wrong images", "Confusion matrix"],
            figures.Select(f => f.QuerySelector("figcaption")!.TextContent));
        Assert.All(figures, figure =>
        {
            Assert.Single(figure.QuerySelectorAll("svg"));
            Assert.NotEmpty(figure.QuerySelector("p")!.TextContent.Trim());
            Assert.NotEmpty(figure.QuerySelectorAll("tbody tr"));
        });
    }

    [Fact]
    public async Task An_override_stands_at_its_head_and_among_the_signatures_and_its_reason_is_text()
    {
        var round = await AddRoundAsync();
        await PromoteAsync(round, PromotionKind.Override, "lea", Reason);

        var report = await ReadAsync(round);

        var notice = report.QuerySelector("header .notice")!.TextContent;
        Assert.Contains("the gate said 'fail', and lea signed", notice, StringComparison.Ordinal);
        Assert.Contains(Reason, notice, StringComparison.Ordinal);
        Assert.DoesNotContain("no longer active", notice, StringComparison.Ordinal);
        Assert.Equal([("Made active by override, after no model", "lea", Reason)], Rows(report, "Signatures").Select(r => (r[1], r[2], r[3])));
    }

    [Fact]
    public async Task What_became_of_the_model_is_told_in_order()
    {
        var (first, second) = (await AddRoundAsync(), await AddRoundAsync(r => r.Number = 2));
        await PromoteAsync(first, PromotionKind.Gate);
        await PromoteAsync(second, PromotionKind.Override, "lea", Reason, first);
        await PromoteAsync(first, PromotionKind.RollBack, "lea", null, second);

        var (ofFirst, ofSecond) = (await ReadAsync(first), await ReadAsync(second));

        Assert.Equal(
            [("Passed the gate and became active, after no model", "the safety gate", "–"), ("Replaced by override by round 2", "lea", "–"), ("Made active again, back from round 2", "lea", "–")],
            Rows(ofFirst, "Signatures").Select(r => (r[1], r[2], r[3])));
        Assert.Contains("active since", ofFirst.QuerySelector("header")!.TextContent, StringComparison.Ordinal);
        Assert.Null(ofFirst.QuerySelector("header .notice"));
        Assert.Equal([("Made active by override, after round 1", Reason), ("Withdrawn, back to round 1", "–")], Rows(ofSecond, "Signatures").Select(r => (r[1], r[3])));
        Assert.Contains("It is no longer active.", ofSecond.QuerySelector("header .notice")!.TextContent, StringComparison.Ordinal);
        Assert.Contains("not to be used", ofSecond.Body!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_needs_nothing_but_itself_and_names_no_patient_and_no_image()
    {
        var round = await AddRoundAsync();
        await PromoteAsync(round, PromotionKind.Override, "lea", Reason);

        var text = await TextAsync(round);

        Assert.DoesNotContain("<script", text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("http:", text.Replace("xmlns=\"http:", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("https:", text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(Patient, text, StringComparison.OrdinalIgnoreCase);
        Assert.Empty((await ReadAsync(round)).QuerySelectorAll("script, link, img, image, iframe, a, button, form, [src], [href]"));
        await using var db = Open();
        Assert.All(await db.Images.Select(i => i.Id).ToListAsync(Cancellation), id => Assert.DoesNotContain(id.ToString(), text, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task It_says_by_which_file_and_settings_the_model_is_known()
    {
        var report = (await ReadAsync(await AddRoundAsync())).Body!.TextContent;

        // SHA-256 of 'model'.
        Assert.Contains("9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4", report, StringComparison.Ordinal);
        Assert.Contains("SafeMedLabel 0.1.0", report, StringComparison.Ordinal);
        Assert.Contains("Filter limit level0.2", report, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_images_of_a_class_it_says_so_instead_of_figures()
    {
        var round = await AddRoundAsync(r => r.Measures = [.. Measures.Select(m => m with { Count = m.ClassIndex == 1 ? 0 : 10 })]);

        Assert.Contains("there is no image of 'b'", (await ReadAsync(round)).Body!.TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("Among the test images", (await ReadAsync(await AddRoundAsync(r => r.Number = 2))).Body!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_says_with_which_file_of_weights_the_round_began_and_that_it_may_know_the_test_patients()
    {
        var report = await ReadAsync(await AddRoundAsync(
            r => (r.Beginning, r.BeginningFile, r.BeginningFileHash) = (Beginning.File, "own.safetensors", "ab12cd34" + new string('0', 56))));

        Assert.Contains("Began withWeights of own.safetensors (SHA-256 ab12cd34…)", report.Body!.TextContent, StringComparison.Ordinal);
        Assert.Contains("began with the file own.safetensors. Where its weights were trained on test or calibration patients", report.Body!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_says_where_the_model_is_gone()
    {
        var report = await ReadAsync(await AddRoundAsync(r => r.ModelFile = "gone.safetensors"));

        Assert.Contains("no longer where the round left it", report.Body!.TextContent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[1]")]
    [InlineData("{ \"Software\": null, \"Options\": [null] }")]
    public async Task It_says_where_the_model_was_changed_and_stands_without_a_card_that_can_be_read(string card)
    {
        var round = await AddRoundAsync(r => r.ModelHash = new string('0', 64));
        var folder = _server.Services.GetRequiredService<StorageOptions>().ProjectFolder(_project);
        await File.WriteAllTextAsync(Path.Combine(folder, "round-1.json"), card, Cancellation);

        Assert.Contains(
            "The model's file is not what the round made: it was changed since.", (await ReadAsync(round)).Body!.TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("was changed since", (await ReadAsync(await ResealAsync(round))).Body!.TextContent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.004, "Take its answer into account only where its confidence is above 0.9312")]
    [InlineData(0.02, "Refer every image to an expert.")]
    public async Task Which_answers_count_follows_from_the_certificate_and_from_what_came_of_it(double lowest, string sentence)
    {
        var report = await ReadAsync(await AddRoundAsync(r => r.Measures =
            [.. Measures.Select(m => m.Measure == Measure.CertifiedSilentFailureRate ? m with { Value = 0.03, Interval = new(lowest, 0.05) } : m)]));

        Assert.Contains(sentence, string.Concat(report.QuerySelectorAll("li strong").Select(s => s.TextContent)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_a_completed_round_of_the_project_has_one()
    {
        var running = await AddRoundAsync(r => r.State = RoundState.Training);
        var other = await _server.Services.GetRequiredService<Application.Datasets.ProjectService>().CreateAsync("Other", "Which?", Cancellation);
        await _server.AddUserAsync("ada", Roles.Admin);
        using var lead = await _server.BrowserAsync("lea");
        using var admin = await _server.BrowserAsync("ada");

        var (unfinished, elsewhere) = (await GetAsync(lead, running), await admin.GetAsync(new Uri($"/projects/{other.Value}/rounds/{running}/report", UriKind.Relative), Cancellation));

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (unfinished.StatusCode, elsewhere.StatusCode));
        Assert.Equal("Round 1 is not completed; only completed rounds have a report.", await unfinished.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("There is no such round.", await elsewhere.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public void A_long_table_stands_in_parts_that_together_are_the_whole()
    {
        FigureTable Table(int columns, int rows) => new([.. Enumerable.Range(0, columns).Select(c => $"{c}")], [.. Enumerable.Range(0, rows).Select(r => (IReadOnlyList<FigureCell>)[FigureCell.Count(r)])]);
        int[] Lengths(FigureTable table) => [.. table.InParts().Select(p => p.Rows.Count)];

        Assert.Equal([13, 13, 13, 11], Lengths(Table(3, 50)));
        Assert.Equal([10, 10], Lengths(Table(5, 20)));
        Assert.Equal([12], Lengths(Table(3, 12)));
        Assert.Equal(Table(3, 50).Rows.Select(r => r[0].Text), Table(3, 50).InParts().SelectMany(p => p.Rows).Select(r => r[0].Text));
    }

    private async Task<int> ResealAsync(int round)
    {
        await using var db = Open();
        // SHA-256 of 'model'.
        await db.Rounds.Where(r => r.Id == round).ExecuteUpdateAsync(
            set => set.SetProperty(r => r.ModelHash, "9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4"), Cancellation);
        return round;
    }

    /// <summary>As the worker leaves it: refused by the gate, certified.</summary>
    private async Task<int> AddRoundAsync(Action<Round>? change = null)
    {
        await using var db = Open();
        var round = new Round
        {
            ProjectId = _project,
            Number = 1,
            Method = "safemed-ssl",
            State = RoundState.Completed,
            StartedUtc = DateTime.UtcNow.AddMinutes(-20),
            FinishedUtc = DateTime.UtcNow,
            ModelFile = "round-1.safetensors",
            SilentFailureThreshold = 0.8,
            CertifiedRate = 0.01,
            CertifiedDoubt = 0.05,
            TestCount = 2,
            TestPatients = 2,
            Measures = Measures,
            Certificate = new Certificate(0.9312, 0.862, 2_310, 16, 13, 0.0094, 0.01, 0.05),
            Gate = new GateReport(GateVerdict.Fail, 0.8, 2, 2, [new(GateMeasure.SilentFailureRate, null, 0.03, new(0.021, 0.04), 0.02, GateVerdict.Fail)]),
        };
        change?.Invoke(round);
        db.Rounds.Add(round);
        await db.SaveChangesAsync(Cancellation);
        db.RoundEpochs.Add(new RoundEpoch { RoundId = round.Id, Epoch = 1, SupervisedLoss = 0.5, UnlabelledLoss = 0.2, Accepted = 30, Rejected = 10, MeanWeight = 0.6, Seconds = 1 });
        db.TestPredictions.AddRange((await db.Images.ToListAsync(Cancellation)).Select(image => new TestPrediction
        {
            RoundId = round.Id,
            ImageId = image.Id,
            ReferenceClass = image.ReferenceClass!.Value,
            Probabilities = TestPrediction.Pack([0.9, 0.1]),
            Uncertainty = 0.01,
        }));
        await db.SaveChangesAsync(Cancellation);
        var folder = Directory.CreateDirectory(_server.Services.GetRequiredService<StorageOptions>().ProjectFolder(_project)).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "round-1.safetensors"), "model", Cancellation);
        await File.WriteAllTextAsync(
            Path.Combine(folder, "round-1.json"), """{ "Software": "SafeMedLabel 0.1.0", "Options": { "LearningRate": 0.03, "Filter": { "Limit": { "Level": 0.2 } } } }""", Cancellation);
        return round.Id;
    }

    private async Task PromoteAsync(int round, PromotionKind kind, string? by = null, string? reason = null, int? previous = null)
    {
        await using var db = Open();
        var signer = by is null ? null : await _server.UserIdAsync(by);
        db.Promotions.Add(new Promotion { ProjectId = _project, RoundId = round, PreviousRoundId = previous, Kind = kind, ById = signer, Reason = reason, AtUtc = DateTime.UtcNow });
        (await db.Projects.FirstAsync(p => p.Id == _project, Cancellation)).ActiveRoundId = round;
        await db.SaveChangesAsync(Cancellation);
    }

    private AppDbContext Open() => _server.Services.GetRequiredService<IDbContextFactory<AppDbContext>>().CreateDbContext();

    private Task<HttpResponseMessage> GetAsync(HttpClient browser, int round) => browser.GetAsync(new Uri($"/projects/{_project}/rounds/{round}/report", UriKind.Relative), Cancellation);

    private async Task<string> TextAsync(int round)
    {
        using var lead = await _server.BrowserAsync("lea");
        return await (await GetAsync(lead, round)).Content.ReadAsStringAsync(Cancellation);
    }

    private async Task<IHtmlDocument> ReadAsync(int round) => new HtmlParser().ParseDocument(await TextAsync(round));

    /// <summary>The cells of a table's rows, by what the table is about.</summary>
    private static List<string[]> Rows(IHtmlDocument report, string label) =>
        [.. report.QuerySelectorAll($"[aria-label='{label}'] tbody tr").Select(row => row.QuerySelectorAll("td").Select(cell => cell.TextContent.Trim()).ToArray())];

    private static string Number(MeasuredValue measured, double value) =>
        value.ToString(measured.Measure is Measure.Auc or Measure.Aurc or Measure.Ece ? "0.0000" : "0.00 %", CultureInfo.InvariantCulture);
}
