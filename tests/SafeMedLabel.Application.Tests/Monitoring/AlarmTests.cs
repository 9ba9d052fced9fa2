using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Monitoring;

/// <summary>A model that is silently wrong in half of what is drawn at random.</summary>
public sealed class AlarmTests : IAsyncLifetime
{
    private readonly LogLines _log = new();
    private Workplace _workplace = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private AlarmService Alarms => _workplace.Get<AlarmService>();

    public async ValueTask InitializeAsync()
    {
        _workplace = await Workplace.CreateAsync(services => services.AddLogging(l => l.ClearProviders().AddProvider(_log)));
    }

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task Silent_failures_beyond_the_projects_limit_and_chance_are_told_once_until_somebody_has_seen_it()
    {
        await FailSilentlyAsync();

        Assert.Equal((1, 0), (await RaiseAsync(), await RaiseAsync()));

        var alarm = Assert.Single(await Alarms.ListAsync(_workplace.ProjectId, Cancellation));
        Assert.Equal(AlarmKind.SilentFailures, alarm.Kind);
        Assert.StartsWith("The model of round 1 is silently wrong in 10 of 20 images drawn at random, 50.00 %", alarm.Text, StringComparison.Ordinal);
        Assert.Contains(_log.Warnings, w => w.Contains("live check of round 1", StringComparison.Ordinal));
        Assert.Equal(1, await Alarms.UnseenAsync(_workplace.ProjectId, Cancellation));
        var lead = await _workplace.AddUserAsync("Lea", Roles.Lead);
        await Alarms.SeenAsync(_workplace.ProjectId, alarm.Id, lead, Cancellation);
        Assert.Equal(0, await Alarms.UnseenAsync(_workplace.ProjectId, Cancellation));
    }

    [Fact]
    public async Task A_model_within_the_limit_raises_nothing()
    {
        await FailSilentlyAsync();
        await _workplace.ChangeAsync(p => p.LargestSilentFailureRate = 0.5);

        Assert.Equal(0, await RaiseAsync());
    }

    private Task<int> RaiseAsync() => Alarms.RaiseSilentFailuresAsync(_workplace.ProjectId, Cancellation);

    /// <summary>All of a ranked pool is drawn and read; the model was sure of class 0 in all of it.</summary>
    private async Task FailSilentlyAsync()
    {
        await _workplace.ChangeAsync(p => p.AuditFraction = 1);
        await _workplace.RankAsync(await _workplace.AddImagesAsync(20), heldBack: 20);
        await _workplace.LabelAsync(await _workplace.AddUserAsync("Ada", Roles.Pathologist), 20);
    }

    /// <summary>What is logged as a warning or worse.</summary>
    private sealed class LogLines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Warnings { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                Warnings.Enqueue(formatter(state, exception));
            }
        }

        public void Dispose()
        {
            // Nothing is held.
        }
    }
}
