using Microsoft.Extensions.Options;
using SafeMedLabel.Application;
using SafeMedLabel.Application.Predictions;
using SafeMedLabel.Web.Worker;

namespace SafeMedLabel.Web.Predictions;

/// <summary>
/// Asks models in a process of its own, which the first image starts and which ends when there have been none for a while. A picture that breaks
/// native code ends that process and no other; the next image starts it again.
/// </summary>
public sealed class PredictorSupervisor : IModelReader, IAsyncDisposable
{
    private readonly PredictorOptions _options;
    private readonly WorkerOptions _worker;
    private readonly TimeProvider _time;
    private readonly ILogger<PredictorSupervisor> _logger;
    private readonly SemaphoreSlim _places;
    private readonly SemaphoreSlim _starting = new(1, 1);
    private readonly ITimer _idle;
    private PredictorProcess? _process;

    /// <summary>Starts nothing yet.</summary>
    public PredictorSupervisor(IOptions<PredictorOptions> options, IOptions<WorkerOptions> worker, TimeProvider time, ILogger<PredictorSupervisor> logger)
    {
        (_options, _worker, _time, _logger) = (options.Value, worker.Value, time, logger);
        _places = new SemaphoreSlim(_options.MaximumWaiting);
        _idle = time.CreateTimer(_ => _ = EndIdleAsync(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The running process's id; null while there is none.</summary>
    public int? ProcessId => _process is { HasEnded: false } running ? running.Id : null;

    /// <inheritdoc />
    public async Task<Result<ModelReading>> ReadAsync(SealedModel model, ReadOnlyMemory<byte> image, CancellationToken cancellationToken = default)
    {
        if (!await _places.WaitAsync(0, cancellationToken))
        {
            return Result.Postponed("Too many images wait for the model; please try again in a moment.");
        }

        try
        {
            var started = await StartAsync(cancellationToken);
            return started.Succeeded ? await AskAsync(started.Value, model, image, cancellationToken) : (Result)started;
        }
        finally
        {
            _places.Release();
            _idle.Change(TimeSpan.FromMinutes(_options.IdleMinutes), Timeout.InfiniteTimeSpan);
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _idle.DisposeAsync();
        if (_process is { } running)
        {
            await running.DisposeAsync();
        }

        _starting.Dispose();
        _places.Dispose();
    }

    private async Task<Result<ModelReading>> AskAsync(
        PredictorProcess process, SealedModel model, ReadOnlyMemory<byte> image, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(_options.TimeoutSeconds), _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            return await process.AskAsync(model, image, either.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            _logger.LogWarning("An image was not answered in {Seconds} seconds; the process that asks the model is ended.", _options.TimeoutSeconds);
            process.Kill();
            return Result.Postponed($"The model did not answer in {_options.TimeoutSeconds} seconds; please try again.");
        }
    }

    private async Task<Result<PredictorProcess>> StartAsync(CancellationToken cancellationToken)
    {
        await _starting.WaitAsync(cancellationToken);
        try
        {
            if (_process is { HasEnded: false } running)
            {
                return running;
            }

            if (_process is { } ended)
            {
                _logger.LogWarning("The process that asks the model ended unexpectedly and is started again.");
                _process = null;
                await ended.DisposeAsync();
            }

            _process = new PredictorProcess(_worker.FindExecutable(), _options.Threads, _logger);
            _logger.LogInformation("Predictor started as process {ProcessId}.", _process.Id);
            return _process;
        }
        catch (Exception missing) when (missing is FileNotFoundException or System.ComponentModel.Win32Exception)
        {
            _logger.LogError("The process that asks the model cannot be started: {Reason}", missing.Message);
            return Result.Postponed("The model cannot be asked on this server; its log says why.");
        }
        finally
        {
            _starting.Release();
        }
    }

    private async Task EndIdleAsync()
    {
        await _starting.WaitAsync();
        try
        {
            if (_process is { } idle && _places.CurrentCount == _options.MaximumWaiting)
            {
                _process = null;
                await idle.DisposeAsync();
                _logger.LogInformation("Predictor ended: no image came for {Minutes} minutes.", _options.IdleMinutes);
            }
        }
        finally
        {
            _starting.Release();
        }
    }
}
