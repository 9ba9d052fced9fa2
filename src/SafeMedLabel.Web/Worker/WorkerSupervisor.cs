using System.Diagnostics;
using Microsoft.Extensions.Options;
using SafeMedLabel.Application.Jobs;
using SafeMedLabel.Application.Outbound;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Web.Worker;

/// <summary>What the worker does, as far as its starter knows.</summary>
public enum WorkerStatus
{
    /// <summary>On its way.</summary>
    Starting,

    /// <summary>Takes work.</summary>
    Running,

    /// <summary>Ended unasked; started again in a moment.</summary>
    Restarting,

    /// <summary>Not running.</summary>
    Stopped,

    /// <summary>Somebody else starts it.</summary>
    Disabled,
}

/// <summary>
/// Starts the worker with the server, starts it again whenever it ends unasked, and ends it with the server. Training lives
/// in a process of its own because a failure in native code takes the whole process with it.
/// </summary>
public sealed class WorkerSupervisor(
    IOptions<WorkerOptions> options,
    IOptions<OutboundOptions> outbound,
    StorageOptions storage,
    IOptions<StorageWatchOptions> room,
    IOptions<JobOptions> jobs,
    TimeProvider time,
    ILogger<WorkerSupervisor> logger) : BackgroundService
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    /// <summary>What the worker does.</summary>
    public WorkerStatus Status { get; private set; } = WorkerStatus.Starting;

    /// <summary>The same, in words.</summary>
    public string Message { get; private set; } = "The worker is starting.";

    /// <summary>The running worker's process id; null while there is none.</summary>
    public int? ProcessId { get; private set; }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.Start)
        {
            Set(WorkerStatus.Disabled, "Workers are started elsewhere.");
            return;
        }

        string executable;
        try
        {
            executable = options.Value.FindExecutable();
        }
        catch (FileNotFoundException missing)
        {
            logger.LogError("{Message}", missing.Message);
            Set(WorkerStatus.Stopped, missing.Message);
            return;
        }

        var delay = FirstDelay;
        while (!stoppingToken.IsCancellationRequested)
        {
            var started = time.GetTimestamp();
            await RunOnceAsync(executable, stoppingToken);
            if (stoppingToken.IsCancellationRequested)
            {
                break;
            }

            // One crash is mended at once; a worker that cannot live does not spin.
            delay = time.GetElapsedTime(started) > LongestDelay ? FirstDelay : TimeSpan.FromTicks(Math.Min(delay.Ticks * 2, LongestDelay.Ticks));
            Set(WorkerStatus.Restarting, "The worker ended unexpectedly and is being started again; running rounds go on from their last epoch.");
            await Task.Delay(delay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Set(WorkerStatus.Stopped, "The worker is stopped.");
    }

    private async Task RunOnceAsync(string executable, CancellationToken stoppingToken)
    {
        using var process = new Process
        {
            StartInfo = CompanionProcess.StartInfo(executable, ["worker", "--storage", storage.FullRoot, "--threads", $"{options.Value.Threads}", "--until-input-ends"]),
        };
        // The worker reads the environment alone: what the server's file of settings says, it hears here.
        Hand(process, OutboundOptions.Section, nameof(OutboundOptions.Allow), outbound.Value.Allow ?? "");
        Hand(process, StorageWatchOptions.Section, nameof(StorageWatchOptions.MinimumFreeMegabytes), $"{room.Value.MinimumFreeMegabytes}");
        Hand(process, JobOptions.Section, nameof(JobOptions.StalledMinutes), $"{jobs.Value.StalledMinutes}");
        Hand(process, JobOptions.Section, nameof(JobOptions.StalledTrainingMinutes), $"{jobs.Value.StalledTrainingMinutes}");
        process.OutputDataReceived += (_, line) => Forward(line.Data);
        process.ErrorDataReceived += (_, line) => Forward(line.Data);
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception failed)
        {
            logger.LogError(failed, "The worker could not be started.");
            return;
        }

        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        ProcessId = process.Id;
        Set(WorkerStatus.Running, "The worker is running.");
        logger.LogInformation("Worker started as process {ProcessId}.", process.Id);
        try
        {
            await process.WaitForExitAsync(stoppingToken);
            logger.LogWarning("Worker {ProcessId} ended with code {ExitCode}.", process.Id, process.ExitCode);
        }
        catch (OperationCanceledException)
        {
            // Whatever it is at survives a kill all the same.
            await CompanionProcess.EndAsync(process);
        }
        finally
        {
            ProcessId = null;
        }
    }

    private static void Hand(Process process, string section, string name, string value) =>
        process.StartInfo.Environment[$"{section}__{name}"] = value;

    private void Forward(string? line)
    {
        if (!string.IsNullOrWhiteSpace(line))
        {
            logger.LogInformation("worker: {Line}", line);
        }
    }

    private void Set(WorkerStatus status, string message) => (Status, Message) = (status, message);
}
