using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using SafeMedLabel.Application;
using SafeMedLabel.Application.Predictions;
using SafeMedLabel.Web.Worker;

namespace SafeMedLabel.Web.Predictions;

/// <summary>One run of <c>safemed predictor</c>: requests go in, replies come out, and when it ends nobody waits on.</summary>
internal sealed class PredictorProcess : IAsyncDisposable
{
    private const string Ended = "The process that asks the model ended; the next image starts it again.";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly ConcurrentDictionary<long, TaskCompletionSource<Result<ModelReading>>> _waiting = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly Process _process;
    private readonly ILogger _logger;
    private readonly Task _reading;
    private long _lastId;

    /// <summary>Starts it.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The program cannot be started.</exception>
    public PredictorProcess(string executable, int threads, ILogger logger)
    {
        _logger = logger;
        var start = CompanionProcess.StartInfo(executable, ["predictor", "--threads", $"{threads}"]);
        (start.StandardInputEncoding, start.StandardOutputEncoding) = (Utf8, Utf8);
        _process = new Process { StartInfo = start };
        _process.ErrorDataReceived += (_, line) => Forward(line.Data);
        _process.Start();
        _process.BeginErrorReadLine();
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>True once it takes no more requests.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Asks about an image.</summary>
    public async Task<Result<ModelReading>> AskAsync(SealedModel model, ReadOnlyMemory<byte> image, CancellationToken cancellationToken)
    {
        var request = new PredictorRequest(Interlocked.Increment(ref _lastId), model, image.ToArray());
        var reply = _waiting[request.Id] = new TaskCompletionSource<Result<ModelReading>>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await WriteAsync(JsonSerializer.Serialize(request), cancellationToken);
            return HasEnded ? Result.Postponed(Ended) : await reply.Task.WaitAsync(cancellationToken);
        }
        catch (Exception broken) when (broken is IOException or ObjectDisposedException)
        {
            return Result.Postponed(Ended);
        }
        finally
        {
            _waiting.TryRemove(request.Id, out _);
        }
    }

    /// <summary>Ends it at once: it hangs.</summary>
    public void Kill() => _process.Kill(entireProcessTree: true);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await CompanionProcess.EndAsync(_process);
        await _reading;
        _process.Dispose();
        _writing.Dispose();
    }

    /// <summary>A line is written whole even where who asked no longer waits: half a line would spoil the next.</summary>
    private async Task WriteAsync(string line, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await _process.StandardInput.WriteLineAsync(line);
            await _process.StandardInput.FlushAsync(CancellationToken.None);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            while (await _process.StandardOutput.ReadLineAsync() is { } line)
            {
                var reply = JsonSerializer.Deserialize<PredictorReply>(line)!;
                if (_waiting.TryRemove(reply.Id, out var waiting))
                {
                    waiting.TrySetResult(Show(reply));
                }
            }
        }
        catch (JsonException garbled)
        {
            _logger.LogError(garbled, "The process that asks the model cannot be understood.");
            Kill();
        }
        finally
        {
            // In this order: who asks after it looks whether it has ended, and who asked before it is told.
            HasEnded = true;
            foreach (var waiting in _waiting.Values)
            {
                waiting.TrySetResult(Result.Postponed(Ended));
            }
        }
    }

    private Result<ModelReading> Show(PredictorReply reply)
    {
        if (reply.IsModelAtFault)
        {
            _logger.LogError("The active model cannot be used: {Reason}", reply.Error);
            return Result.Postponed("The model's file cannot be used now; the server's log says why.");
        }

        return reply.Reading is { } reading ? reading : Result.Refused(reply.Error!);
    }

    private void Forward(string? line)
    {
        if (!string.IsNullOrWhiteSpace(line))
        {
            _logger.LogInformation("predictor: {Line}", line);
        }
    }
}
