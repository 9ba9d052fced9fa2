using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Monitoring;

/// <summary>A model that is silently wrong in half of what is drawn at random, and a receiver of alarms.</summary>
public sealed class AlarmTests : IAsyncLifetime
{
    private readonly LogLines _log = new();
    private Workplace _workplace = null!;
    private Receiver _receiver = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private AlarmService Alarms => _workplace.Get<AlarmService>();

    public async ValueTask InitializeAsync()
    {
        _receiver = await Receiver.StartAsync();
        _workplace = await Workplace.CreateAsync(services =>
        {
            AlarmWebhook.AddTo(services);
            services.AddLogging(l => l.ClearProviders().AddProvider(_log));
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _workplace.DisposeAsync();
        await _receiver.DisposeAsync();
    }

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

    [Fact]
    public async Task The_webhook_gets_an_alarm_once_as_json_that_names_no_image()
    {
        await _workplace.ChangeAsync(p => p.AlarmWebhook = _receiver.Address);
        await FailSilentlyAsync();
        await RaiseAsync();

        await SendAsync();
        await SendAsync();

        using var body = JsonDocument.Parse(Assert.Single(_receiver.Bodies));
        Assert.Equal(("SilentFailures", "Malaria"), (body.RootElement.GetProperty("kind").GetString(), body.RootElement.GetProperty("project").GetProperty("name").GetString()));
        Assert.Equal(["id", "kind", "text", "raisedUtc", "project"], body.RootElement.EnumerateObject().Select(p => p.Name));
    }

    [Fact]
    public async Task A_webhook_that_refuses_is_tried_again_later_each_time_after_longer_and_its_address_is_in_no_log()
    {
        await _workplace.ChangeAsync(p => p.AlarmWebhook = _receiver.Address);
        _receiver.Status = 503;
        await FailSilentlyAsync();
        await RaiseAsync();
        await SendAsync();
        await SendAsync();
        Assert.Single(_receiver.Bodies);

        _workplace.Time.Advance(TimeSpan.FromSeconds(20));
        await SendAsync();
        _workplace.Time.Advance(TimeSpan.FromSeconds(20));
        await SendAsync();
        Assert.Equal(2, _receiver.Bodies.Count);

        _receiver.Status = 204;
        _workplace.Time.Advance(TimeSpan.FromSeconds(20));
        await SendAsync();
        _workplace.Time.Advance(TimeSpan.FromDays(1));
        await SendAsync();
        Assert.Equal(3, _receiver.Bodies.Count);
        Assert.Contains(_log.Warnings, w => w.Contains("with status 503", StringComparison.Ordinal));
        Assert.DoesNotContain(_log.Warnings, w => w.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_webhook_that_leads_on_to_another_address_is_not_followed()
    {
        await _workplace.ChangeAsync(p => p.AlarmWebhook = _receiver.Address);
        _receiver.Status = 307;
        await FailSilentlyAsync();
        await RaiseAsync();

        await SendAsync();

        Assert.Single(_receiver.Bodies);
        Assert.Contains(_log.Warnings, w => w.Contains("with status 307", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_webhook_that_nobody_answers_at_is_given_up_in_the_end_and_the_alarm_stays()
    {
        var address = _receiver.Address;
        await _receiver.DisposeAsync();
        await _workplace.ChangeAsync(p => p.AlarmWebhook = address);
        await FailSilentlyAsync();
        await RaiseAsync();

        for (var i = 0; i < AlarmWebhook.MostTries + 1; i++)
        {
            await SendAsync();
            _workplace.Time.Advance(TimeSpan.FromDays(1));
        }

        var alarm = Assert.Single(await Alarms.ListAsync(_workplace.ProjectId, Cancellation));
        Assert.Equal((AlarmWebhook.MostTries, null), (alarm.FailedSends, alarm.SendUtc));
    }

    private Task<int> RaiseAsync() => Alarms.RaiseSilentFailuresAsync(_workplace.ProjectId, Cancellation);

    private Task SendAsync() => _workplace.Get<AlarmWebhook>().SendAsync(Cancellation);

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
