using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Exports;
using SafeMedLabel.Application.Jobs;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Application.Tests.Rounds;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Abuse;

/// <summary>Jobs that hang, or that end their worker: they end with a sentence, and are in nobody else's way.</summary>
public sealed class StuckJobTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Work_that_gets_no_further_and_does_not_end_is_left_behind_with_a_sentence()
    {
        var time = new FakeTimeProvider();
        using var never = new ManualResetEventSlim();
        var begun = new TaskCompletionSource();
        var running = Watch(time).RunAsync(
            "The import",
            (_, _) =>
            {
                begun.SetResult();
                // As a read from a share that does not answer: no thread can be taken from it.
                never.Wait(CancellationToken.None);
                return Task.CompletedTask;
            },
            Cancellation);
        await begun.Task;

        var stalled = await Assert.ThrowsAsync<StalledException>(() => AdvanceAsync(time, running));
        Assert.Equal("The import got no further for 60 minutes and was ended: a disk or share that it needs may not answer. Try again when it does (Jobs:StalledMinutes).", stalled.Message);
        never.Set();
    }

    [Fact]
    public async Task Work_that_can_be_asked_to_end_is_asked_and_has_ended_by_then()
    {
        var time = new FakeTimeProvider();
        var hasEnded = false;
        var running = Watch(time).RunTrainingAsync(
            "The round",
            async (_, cancellationToken) =>
            {
                try
                {
                    await Task.Delay(Timeout.Infinite, cancellationToken);
                }
                finally
                {
                    hasEnded = true;
                }
            },
            Cancellation);

        Assert.Contains("720 minutes", (await Assert.ThrowsAsync<StalledException>(() => AdvanceAsync(time, running))).Message, StringComparison.Ordinal);
        Assert.True(hasEnded);
    }

    [Fact]
    public async Task Work_that_gets_further_goes_on_however_long_it_takes()
    {
        var time = new FakeTimeProvider();
        using SemaphoreSlim next = new(0), beaten = new(0);
        var running = Watch(time).RunAsync(
            "The import",
            async (beat, cancellationToken) =>
            {
                for (var minutes = 0; minutes < 600; minutes += 50)
                {
                    await next.WaitAsync(cancellationToken);
                    beat.Beat();
                    beaten.Release();
                }
            },
            Cancellation);

        for (var minutes = 0; minutes < 600; minutes += 50)
        {
            time.Advance(TimeSpan.FromMinutes(50));
            next.Release();
            await beaten.WaitAsync(Cancellation);
        }

        await running;
    }

    [Fact]
    public async Task Jobs_of_one_project_or_kind_are_in_nobody_elses_way()
    {
        using var turns = new JobTurns(TimeProvider.System);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var stuck = new TaskCompletionSource();
        var begun = 0;
        List<Task> stuckOnes = [];
        // Fifty exports of one project, and an import of each of fifty projects, that all hang.
        for (var i = 0; i < 50; i++)
        {
            stuckOnes.Add(turns.RunAsync(JobKind.Export, 1, Hang, stopping.Token).AsTask());
            stuckOnes.Add(turns.RunAsync(JobKind.Import, i, Hang, stopping.Token).AsTask());
        }

        var isDone = false;
        await turns.RunAsync(JobKind.Export, 2, Do, stopping.Token);
        Assert.True(isDone);
        isDone = false;
        await turns.RunAsync(JobKind.Learning, 1, Do, stopping.Token);
        Assert.True(isDone);
        Assert.Equal(1 + 3, begun);
        await stopping.CancelAsync();
        stuck.SetResult();
        await Task.WhenAll(stuckOnes);

        Task Hang()
        {
            Interlocked.Increment(ref begun);
            return stuck.Task;
        }

        Task Do()
        {
            isDone = true;
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task An_import_export_audit_or_round_at_which_three_workers_ended_is_not_begun_a_fourth_time()
    {
        var trainer = new ScriptedTrainer();
        await using var workplace = await ScriptedRounds.CreateAsync(trainer, services => services.AddSingleton<LabelAuditRunner>());
        var lead = await workplace.AddUserAsync("Lea", Roles.Lead);
        await workplace.AddImagesAsync(12);
        await workplace.LabelAsync("ada", 4);
        using var cells = new TemporaryFolder();
        cells.Add("a/C1_1.png", Pictures.Png(101));
        cells.Add("b/C2_2.png", Pictures.Png(102));
        var import = (await workplace.Get<ImportService>().EnterAsync(
            new ImportRequest(workplace.ProjectId, cells.Path, "cells", IsUpload: false, ImportService.DefaultPatientPattern, lead), Cancellation)).Value;
        var export = (await workplace.Get<ExportService>().StartAsync(workplace.ProjectId, new ExportOptions(ExportFormat.Csv), lead, cancellationToken: Cancellation)).Value;
        var round = await ScriptedRounds.StartAsync(workplace, lead);
        await using var db = workplace.Open();
        db.LabelAudits.Add(new LabelAudit { ProjectId = workplace.ProjectId, RequestedById = lead, Folds = 2, Tries = 3 });
        await db.SaveChangesAsync(Cancellation);
        await db.Imports.ExecuteUpdateAsync(set => set.SetProperty(i => i.Tries, 3), Cancellation);
        await db.Exports.ExecuteUpdateAsync(set => set.SetProperty(e => e.Tries, 3), Cancellation);
        await db.Rounds.ExecuteUpdateAsync(set => set.SetProperty(r => r.Tries, 3), Cancellation);

        await workplace.Get<ImportRunner>().RunAsync(import, Cancellation);
        await workplace.Get<ExportRunner>().RunAsync(export, Cancellation);
        await workplace.Get<RoundRunner>().RunAsync(round, Cancellation);
        await workplace.Get<LabelAuditRunner>().RunAsync(1, Cancellation);

        const string Rest = " was begun 3 times, and each time its worker ended without finishing it: something in it may end workers. The worker's log may say what; start it again once that is mended.";
        Assert.Equal((ImportState.Failed, $"The import{Rest}"), await db.Imports.Where(i => i.Id == import).Select(i => ValueTuple.Create(i.State, i.Error)).SingleAsync(Cancellation));
        Assert.Equal((ExportState.Failed, $"The export{Rest}"), await db.Exports.Select(e => ValueTuple.Create(e.State, e.Error)).SingleAsync(Cancellation));
        Assert.Equal((RoundState.Failed, $"The round{Rest}"), await db.Rounds.Select(r => ValueTuple.Create(r.State, r.Error)).SingleAsync(Cancellation));
        Assert.Equal((LabelAuditState.Failed, $"The label audit{Rest}"), await db.LabelAudits.Select(a => ValueTuple.Create(a.State, a.Error)).SingleAsync(Cancellation));
    }

    [Fact]
    public async Task The_end_of_an_export_or_round_that_cannot_be_stored_is_stored_later_and_nothing_is_done_twice()
    {
        var disk = new FailingCommand();
        var trainings = 0;
        var trainer = new ScriptedTrainer
        {
            WhileTraining = (_, _) =>
            {
                trainings++;
                throw new RoundException("Nothing can be learned.");
            },
        };
        await using var workplace = await ScriptedRounds.CreateAsync(trainer, disk.AddTo);
        var lead = await workplace.AddUserAsync("Lea", Roles.Lead);
        await workplace.AddImagesAsync(12);
        await workplace.LabelAsync("ada", 4);

        var (exports, rounds) = (workplace.Get<ExportRunner>(), workplace.Get<RoundRunner>());
        await EndsLaterAsync(JobKind.Export, NextExportAsync, exports.RunAsync);
        await EndsLaterAsync(JobKind.Learning, () => ScriptedRounds.StartAsync(workplace, lead), rounds.RunAsync);

        await using var db = workplace.Open();
        Assert.Equal([(ExportState.Completed, 1), (ExportState.Completed, 1)], await db.Exports.Select(e => ValueTuple.Create(e.State, e.Tries)).ToListAsync(Cancellation));
        Assert.Equal(
            [(RoundState.Failed, "Nothing can be learned."), (RoundState.Failed, "Nothing can be learned.")],
            await db.Rounds.Select(r => ValueTuple.Create(r.State, r.Error)).ToListAsync(Cancellation));
        Assert.Equal(2, trainings);

        async Task<int> NextExportAsync() =>
            (await workplace.Get<ExportService>().StartAsync(workplace.ProjectId, new ExportOptions(ExportFormat.Csv), lead, cancellationToken: Cancellation)).Value;

        // The first shows how many steps there are; of the second the last one fails once.
        async Task EndsLaterAsync(JobKind kind, Func<Task<int>> start, Func<int, CancellationToken, Task> run)
        {
            using var turns = new JobTurns(workplace.Time);
            var id = await start();
            disk.FailAt(0);
            await run(id, Cancellation);
            var last = disk.Steps.Count;

            id = await start();
            disk.FailAt(last);
            var running = turns.RunAsync(kind, workplace.ProjectId, () => run(id, Cancellation), Cancellation).AsTask();
            while (disk.Steps.Count < last)
            {
                await Task.Delay(5, Cancellation);
            }

            await AdvanceAsync(workplace.Time, running);
        }
    }

    [Fact]
    public async Task A_worker_that_stops_in_good_order_has_not_tried_and_an_epoch_begins_the_count_anew()
    {
        var trainer = new ScriptedTrainer();
        await using var workplace = await ScriptedRounds.CreateAsync(trainer);
        var lead = await workplace.AddUserAsync("Lea", Roles.Lead);
        await workplace.AddImagesAsync(12);
        await workplace.LabelAsync("ada", 4);
        var round = await ScriptedRounds.StartAsync(workplace, lead);
        await using var db = workplace.Open();
        await db.Rounds.ExecuteUpdateAsync(set => set.SetProperty(r => r.Tries, 2), Cancellation);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        trainer.WhileTraining = (_, _) => stopping.Cancel();
        await workplace.Get<RoundRunner>().RunAsync(round, stopping.Token);

        // Its first epoch was finished, so that only this try counted, which then ended in good order.
        Assert.Equal((RoundState.Training, 0), await db.Rounds.Select(r => ValueTuple.Create(r.State, r.Tries)).SingleAsync(Cancellation));
    }

    private static JobWatch Watch(TimeProvider time) => new(Options.Create(new JobOptions()), time, NullLogger<JobWatch>.Instance);

    private static async Task AdvanceAsync(FakeTimeProvider time, Task running)
    {
        while (!running.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        await running;
    }
}
