using System.Diagnostics;
using Microsoft.Playwright;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Core.Statistics;
using SafeMedLabel.Testing.Browsers;

namespace SafeMedLabel.Benchmarks;

/// <summary>
/// A project of 22,922 images, 4,000 answers and 200 rounds in Chromium against the real server: from a click on its address until its charts of
/// all rounds and the newest 25 in the table are on the page, from a click on 'Show all' until all are in the table, and a round's page until its
/// figures are.
/// </summary>
internal static class DashboardBenchmark
{
    private const int Images = 22_922;
    private const int TestImages = Images / 5;
    private const int Answers = 4_000;
    private const int Rounds = 200;
    private const int NewestRounds = 25;
    private const string RoundRows = "[data-testid=rounds-table] tbody tr";
    private const int WarmUp = 2;
    private const int Visits = 20;

    public static async Task<object> RunAsync()
    {
        await using var room = await ReadingRoom.OpenAsync(cells: 8);
        var lastRound = await FillAsync(room.Server);
        var page = room.Page;
        var dashboard = await TimeAsync(page, p => OpenAsync(p, "/projects/2", RoundRows, NewestRounds));
        var allRounds = await TimeAsync(page, p => ShowAsync(p.GetByTestId("all-rounds"), RoundRows, Rounds), p => OpenAsync(p, "/projects/2", RoundRows, NewestRounds));
        var round = await TimeAsync(page, p => OpenAsync(p, $"/projects/2/rounds/{lastRound}", ".figure svg", 5));
        return new
        {
            Images,
            Rounds,
            DashboardP50Ms = Times.Percentile(dashboard, 0.5),
            DashboardP95Ms = Times.Percentile(dashboard, 0.95),
            AllRoundsP50Ms = Times.Percentile(allRounds, 0.5),
            AllRoundsP95Ms = Times.Percentile(allRounds, 0.95),
            RoundPageP50Ms = Times.Percentile(round, 0.5),
            RoundPageP95Ms = Times.Percentile(round, 0.95),
        };
    }

    private static async Task<List<double>> TimeAsync(IPage page, Func<IPage, Task> act, Func<IPage, Task>? prepare = null)
    {
        var times = new List<double>();
        for (var visit = 0; visit < WarmUp + Visits; visit++)
        {
            if (prepare is not null)
            {
                await prepare(page);
            }

            var watch = Stopwatch.StartNew();
            await act(page);
            times.Add(watch.Elapsed.TotalMilliseconds);
        }

        return times[WarmUp..];
    }

    private static async Task OpenAsync(IPage page, string address, string selector, int count)
    {
        await page.GotoAsync(address, new() { WaitUntil = WaitUntilState.Commit });
        await ShownAsync(page, selector, count);
    }

    private static async Task ShowAsync(ILocator button, string selector, int count)
    {
        await button.ClickAsync();
        await ShownAsync(button.Page, selector, count);
    }

    /// <summary>Waits for so many elements. Asked in each animation frame: an assertion asks again only after up to a second.</summary>
    private static async Task ShownAsync(IPage page, string selector, int count) =>
        await page.WaitForFunctionAsync("([selector, count]) => document.querySelectorAll(selector).length === count", new object[] { selector, count });

    /// <summary>Project 2, as 200 rounds leave it; returns the key of the last. The last two keep what they said of each test image.</summary>
    private static async Task<int> FillAsync(RunningServer server)
    {
        await using var db = server.OpenDatabase();
        db.ChangeTracker.AutoDetectChangesEnabled = false;
        db.Projects.Add(new Project { Name = "Large", SilentFailureThreshold = 0.9, Classes = [new ProjectClass { Index = 0, Name = "Parasitized" }, new ProjectClass { Index = 1, Name = "Uninfected" }] });
        await db.SaveChangesAsync();
        var import = new DatasetImport { ProjectId = 2, SourcePath = "cells", SourceName = "cells", PatientPattern = PatientPattern.Default.ToString(), RequestedById = "admin", State = ImportState.Completed };
        db.Imports.Add(import);
        await db.SaveChangesAsync();
        var images = Enumerable.Range(0, Images).Select(i => new ProjectImage
        {
            Id = Guid.NewGuid(),
            ProjectId = 2,
            ImportId = import.Id,
            ContentHash = $"{i:x64}",
            SourcePath = $"{i}.png",
            Patient = $"P{i % 200}",
            Split = i < TestImages ? DataSplit.Test : DataSplit.Training,
            ReferenceClass = i % 2,
            Width = 64,
            Height = 64,
            QueueRank = i,
            ReadingsWanted = 1,
            ReadingsGiven = i >= Images - Answers ? 1 : 0,
        }).ToList();
        db.Images.AddRange(images);
        db.Answers.AddRange(images.TakeLast(Answers).Index().Select(i => new Answer
        {
            ProjectId = 2,
            ImageId = i.Item.Id,
            ReaderId = "reader",
            Kind = AnswerKind.Label,
            ClassIndex = i.Item.ReferenceClass,
            EventId = i.Index + 1,
        }));
        var set = Predictions(images, 1);
        var measures = MeasuredValue.All(set, [.. images.Take(TestImages).Select(i => i.Patient)], 0.9);
        var gate = GateReport.Judge(set, Predictions(images, 2), [.. images.Take(TestImages).Select(i => i.Patient)], 0.9, new GateLimits(0.02, 0.9, 0.5, 0.005));
        var rounds = Enumerable.Range(1, Rounds).Select(number => ToRound(number, measures, gate)).ToList();
        db.Rounds.AddRange(rounds);
        await db.SaveChangesAsync();
        foreach (var round in rounds.TakeLast(2))
        {
            db.TestPredictions.AddRange(images.Take(TestImages).Index().Select(i => new TestPrediction
            {
                RoundId = round.Id,
                ImageId = i.Item.Id,
                ReferenceClass = i.Item.ReferenceClass!.Value,
                Probabilities = TestPrediction.Pack(set.Probabilities(i.Index)),
                Uncertainty = 0.001 * (i.Index % 100),
                Likeness = [.. Enumerable.Repeat((byte)i.Index, 16)],
            }));
        }

        await db.SaveChangesAsync();
        return rounds[^1].Id;
    }

    private static PredictionSet Predictions(List<ProjectImage> images, ulong seed)
    {
        var random = new SeededRandom(seed, "dashboard");
        var probabilities = new double[2 * TestImages];
        for (var i = 0; i < TestImages; i++)
        {
            var right = 1 - (Math.Pow(random.NextDouble(), 8) * 0.9);
            probabilities[(2 * i) + images[i].ReferenceClass!.Value] = right;
            probabilities[(2 * i) + 1 - images[i].ReferenceClass!.Value] = 1 - right;
        }

        return new PredictionSet(2, [.. images.Take(TestImages).Select(i => i.ReferenceClass!.Value)], probabilities);
    }

    private static Round ToRound(int number, IReadOnlyList<MeasuredValue> measures, GateReport gate)
    {
        var (accuracy, silent) = (measures.Single(m => m.Measure == Measure.Accuracy), measures.Single(m => m.Measure == Measure.SilentFailureRate));
        return new Round
        {
            ProjectId = 2,
            Number = number,
            Method = "safemed-ssl",
            State = RoundState.Completed,
            StartedUtc = DateTime.UtcNow.AddHours(number - Rounds),
            FinishedUtc = DateTime.UtcNow.AddHours(number - Rounds).AddMinutes(25),
            ModelFile = $"round-{number}.safetensors",
            LabelCount = 20 * number,
            SilentFailureThreshold = 0.9,
            TestCount = TestImages,
            TestPatients = 200,
            Accuracy = accuracy.Value,
            AccuracyLow = accuracy.Interval?.Low,
            AccuracyHigh = accuracy.Interval?.High,
            Auc = measures.Single(m => m.Measure == Measure.Auc).Value,
            SilentFailureRate = silent.Value,
            SilentFailureLow = silent.Interval?.Low,
            SilentFailureHigh = silent.Interval?.High,
            Measures = measures,
            Gate = gate,
        };
    }
}
