using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>
/// Sends alarms to the address that a project's lead gave, as JSON by POST. What cannot be sent is tried again, each time after twice as long, and
/// given up after <see cref="MostTries"/>: the alarm itself stays in the page.
/// </summary>
public sealed class AlarmWebhook(IDbContextFactory<AppDbContext> contexts, IHttpClientFactory clients, TimeProvider time, ILogger<AlarmWebhook> logger)
{
    /// <summary>Tries before an alarm is given up: over about half a day.</summary>
    public const int MostTries = 12;

    private const string Client = "alarms";

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(20);

    /// <summary>Adds it with its HTTP client, whose own log would hold addresses, and which goes where it was told and nowhere that leads on to.</summary>
    public static void AddTo(IServiceCollection services)
    {
        services.AddHttpClient(Client, client => client.Timeout = TimeSpan.FromSeconds(10)).RemoveAllLoggers()
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false });
        services.AddSingleton<AlarmWebhook>();
    }

    /// <summary>Sends what is due.</summary>
    public async Task SendAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var now = time.GetUtcNow().UtcDateTime;
        var due = await (from alarm in db.Alarms
                         join project in db.Projects on alarm.ProjectId equals project.Id
                         where alarm.SendUtc <= now
                         orderby alarm.Id
                         select new { Alarm = alarm, project.Name, project.AlarmWebhook }).ToListAsync(cancellationToken);
        foreach (var item in due)
        {
            var isSent = item.AlarmWebhook is null || await PostAsync(item.AlarmWebhook, item.Alarm, item.Name, cancellationToken);
            item.Alarm.FailedSends += isSent ? 0 : 1;
            item.Alarm.SendUtc = isSent || item.Alarm.FailedSends >= MostTries ? null : now + (FirstPause * Math.Pow(2, item.Alarm.FailedSends - 1));
            await db.SaveChangesAsync(cancellationToken);
        }
    }

    private async Task<bool> PostAsync(string address, Alarm alarm, string project, CancellationToken cancellationToken)
    {
        try
        {
            var body = new { alarm.Id, Kind = alarm.Kind.ToString(), alarm.Text, alarm.RaisedUtc, Project = new { Id = alarm.ProjectId, Name = project } };
            using var answer = await clients.CreateClient(Client).PostAsJsonAsync(address, body, cancellationToken);
            if (answer.IsSuccessStatusCode)
            {
                return true;
            }

            // The address may hold a secret: it is in no log.
            logger.LogWarning("The webhook refused alarm {AlarmId} with status {Status}.", alarm.Id, (int)answer.StatusCode);
        }
        catch (Exception unreachable) when (unreachable is HttpRequestException || (unreachable is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            logger.LogWarning("The webhook was not reached for alarm {AlarmId}: {Reason}.", alarm.Id, unreachable.GetType().Name);
        }

        return false;
    }
}
