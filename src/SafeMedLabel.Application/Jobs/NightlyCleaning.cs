using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SafeMedLabel.Application.Cleaning;

namespace SafeMedLabel.Application.Jobs;

/// <summary>Cleans the storage when a worker starts, once more when what was too young then is not any more, and each night.</summary>
public sealed class NightlyCleaning(StorageCleaner cleaner, TimeProvider time, ILogger<NightlyCleaning> logger) : BackgroundService
{
    /// <summary>The hour of each night, UTC.</summary>
    private const int Hour = 2;

    private static readonly TimeSpan Second = StorageCleaner.Settled + TimeSpan.FromMinutes(5);

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await CleanAsync(stoppingToken);
        await Task.Delay(Second, time, stoppingToken);
        while (true)
        {
            await CleanAsync(stoppingToken);
            await Task.Delay(UntilNight(), time, stoppingToken);
        }
    }

    private TimeSpan UntilNight()
    {
        var now = time.GetUtcNow().UtcDateTime;
        var tonight = now.Date.AddHours(Hour);
        return (tonight > now ? tonight : tonight.AddDays(1)) - now;
    }

    private async Task CleanAsync(CancellationToken stoppingToken)
    {
        try
        {
            await cleaner.CleanAsync(cancellationToken: stoppingToken);
        }
        catch (Exception failed) when (failed is not OperationCanceledException)
        {
            logger.LogError(failed, "The storage could not be cleaned; it is tried again at night.");
        }
    }
}
