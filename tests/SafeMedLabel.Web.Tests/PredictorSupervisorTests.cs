using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using SafeMedLabel.Application.Predictions;
using SafeMedLabel.Web.Predictions;
using SafeMedLabel.Web.Worker;

namespace SafeMedLabel.Web.Tests;

/// <summary>When the process that asks models lives, and what is said where it cannot.</summary>
public sealed class PredictorSupervisorTests
{
    private static readonly SealedModel NoModel = new("/no/model", new string('0', 64));

    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_ends_when_no_image_came_for_a_while_and_not_before()
    {
        await using var predictor = Predictor(new WorkerOptions());
        await predictor.ReadAsync(NoModel, new byte[] { 1 }, Cancellation);
        var process = predictor.ProcessId;

        _time.Advance(TimeSpan.FromMinutes(14));
        await predictor.ReadAsync(NoModel, new byte[] { 1 }, Cancellation);
        _time.Advance(TimeSpan.FromMinutes(14));
        Assert.Equal((true, process), (process is not null, predictor.ProcessId));

        _time.Advance(TimeSpan.FromMinutes(1));
        while (predictor.ProcessId is not null)
        {
            await Task.Yield();
        }
    }

    [Fact]
    public async Task It_ends_with_the_server()
    {
        var predictor = Predictor(new WorkerOptions());
        await predictor.ReadAsync(NoModel, new byte[] { 1 }, Cancellation);
        using var process = Process.GetProcessById(predictor.ProcessId!.Value);

        await predictor.DisposeAsync();

        Assert.True(process.HasExited);
    }

    [Fact]
    public async Task A_server_without_the_program_says_that_its_model_cannot_be_asked()
    {
        await using var predictor = Predictor(new WorkerOptions { Executable = "/no/such/safemed" });

        var asked = await predictor.ReadAsync(NoModel, new byte[] { 1 }, Cancellation);

        Assert.Equal((true, "The model cannot be asked on this server; its log says why."), (asked.IsPostponed, asked.Error));
    }

    [Fact]
    public async Task Who_asks_while_too_many_wait_is_told_to_come_again()
    {
        await using var predictor = Predictor(new WorkerOptions());

        var asked = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => predictor.ReadAsync(NoModel, new byte[] { 1 }, Cancellation)));

        Assert.Equal(6, asked.Count(a => a.Error == "Too many images wait for the model; please try again in a moment."));
    }

    private PredictorSupervisor Predictor(WorkerOptions worker) =>
        new(Options.Create(new PredictorOptions { MaximumWaiting = 2 }), Options.Create(worker), _time, NullLogger<PredictorSupervisor>.Instance);
}
