using Microsoft.AspNetCore.Identity;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Quartz;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Auditing;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Exports;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Jobs;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Outbound;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Application.Webhooks;

namespace SafeMedLabel.Application;

/// <summary>What the server and the worker add to their containers.</summary>
public static class ApplicationServices
{
    /// <summary>Adds the database, the features and the means to schedule work. <paramref name="migrationsAssembly"/> holds the provider's migrations.</summary>
    /// <exception cref="IOException">The storage folder cannot be made; the message names the setting.</exception>
    public static IServiceCollection AddSafeMedLabelApplication(this IServiceCollection services, IConfiguration configuration, string migrationsAssembly)
    {
        var storage = configuration.GetSection(StorageOptions.Section).Get<StorageOptions>() ?? new StorageOptions();
        storage.CreateRoot();

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(storage);
        services.AddSingleton<AuditSeal>();
        services.AddSingleton<AuditTrail>();
        services.AddPooledDbContextFactory<AppDbContext>((provider, options) => options
            .UseSqlite(ConnectionString(storage.DatabaseFile), sqlite => sqlite.MigrationsAssembly(migrationsAssembly))
            .AddInterceptors(new SqliteTuning(), new WebhookOutbox(provider.GetRequiredService<TimeProvider>()), new AuditInterceptor(provider.GetRequiredService<AuditSeal>(), provider.GetRequiredService<TimeProvider>())));
        services.AddScoped(provider => provider.GetRequiredService<IDbContextFactory<AppDbContext>>().CreateDbContext());

        services.AddSingleton<ILookupNormalizer, AddressNormalizer>();
        services.AddSingleton<DatabaseStarter>();
        services.AddSingleton<JobScheduler>();
        services.AddSingleton<ProjectService>();
        services.AddSingleton<ImportService>();
        services.AddSingleton<UploadService>();
        services.AddOutboundGuard(configuration);
        ArchiveDownload.AddTo(services);
        services.AddSingleton<StaleDryRuns>();
        services.AddSingleton<DatasetImporter>();
        services.AddSingleton<ImportRunner>();
        services.AddSingleton<DatasetExporter>();
        services.AddSingleton<ExportRunner>();
        services.AddSingleton<ExportService>();
        services.AddSingleton<LeakService>();
        services.AddSingleton<PreferencesService>();
        services.AddSingleton<ApiKeyService>();
        services.AddSingleton<MemberService>();
        services.AddSingleton<WebhookSecrets>();
        services.AddSingleton<WebhookService>();
        services.AddSingleton<LabellingTurn>();
        services.AddSingleton<LabellingService>();
        services.AddSingleton<GridService>();
        services.AddSingleton<SecondLookService>();
        services.AddSingleton<AdjudicationService>();
        services.AddSingleton<RoundService>();
        services.AddSingleton<LiveCheckService>();
        services.AddSingleton<LabelBalanceService>();
        services.AddSingleton<TestSetService>();
        services.AddSingleton<RoundComparisonService>();
        services.AddSingleton<SilentFailureService>();
        services.AddSingleton<ReaderReportService>();
        services.AddSingleton<LabelAuditService>();
        services.AddSingleton<DriftService>();
        services.AddSingleton<AlarmService>();
        services.AddSingleton(new ContentStore(storage.ContentFolder));
        services.AddSingleton<TileCache>();
        services.AddSingleton<ImageService>();
        services.AddSingleton<ContentMark>();
        services.AddSingleton<SessionService>();
        services.AddScoped<AccountService>();
        services.AddScoped<InvitationService>();
        services.AddScoped<PromotionService>();
        services.AddScoped<RoundReportService>();

        services.AddQuartz(quartz =>
        {
            quartz.ConfigureScheduler(scheduler => scheduler.IdleWaitTime = TimeSpan.FromSeconds(1));
            // One that trains, one that imports, one that exports, and two that wait for their turn.
            quartz.UseDefaultThreadPool(maxConcurrency: 5);
            quartz.UsePersistentStore(store =>
            {
                store.UseSqlite(SqliteFactory.Instance, ConnectionString(storage.JobsDatabaseFile));
                store.ConfigureStore(options => options.StoreJobDataAsStrings = true);
                store.ProvisionSchema();
            });
        });
        return services;
    }

    /// <summary>Adds what only a worker has: the jobs' work, and a scheduler that runs.</summary>
    public static IServiceCollection AddSafeMedLabelWorker<TTrainer>(this IServiceCollection services)
        where TTrainer : class, IModelTrainer
    {
        services.AddSingleton<IModelTrainer, TTrainer>();
        services.AddSingleton<RoundDataReader>();
        services.AddSingleton<RoundRunner>();
        services.AddSingleton<LabelAuditRunner>();
        services.AddSingleton<LearningTurn>();
        services.AddHostedService<OrphanRecovery>();
        services.AddHostedService<AlarmWatch>();
        services.AddQuartz(quartz => quartz
            .AddJob<DailyRoundsJob>(job => job.WithIdentity(DailyRoundsJob.Key))
            .AddTrigger(trigger => trigger.ForJob(DailyRoundsJob.Key).WithIdentity(DailyRoundsJob.Key.Name).WithCronSchedule(DailyRoundsJob.EveryHour, cron => cron.InTimeZone(TimeZoneInfo.Utc)))
            .AddJob<StaleDryRunsJob>(job => job.WithIdentity(StaleDryRunsJob.Key))
            .AddTrigger(trigger => trigger.ForJob(StaleDryRunsJob.Key).WithIdentity(StaleDryRunsJob.Key.Name).WithCronSchedule(StaleDryRunsJob.EveryHour, cron => cron.InTimeZone(TimeZoneInfo.Utc))));
        services.AddQuartzHostedService(options => options.WaitForJobsToComplete = true);
        return services;
    }

    /// <summary>Identity's rules for passwords and lock-out, the same wherever accounts are made.</summary>
    public static void ConfigureIdentity(IdentityOptions options)
    {
        options.User.RequireUniqueEmail = true;
        // The name is the address, and EmailAddress says what can be one.
        options.User.AllowedUserNameCharacters = "";
        // Length beats composition (NIST SP 800-63B).
        options.Password = new PasswordOptions
        {
            RequiredLength = 10,
            RequireDigit = false,
            RequireLowercase = false,
            RequireUppercase = false,
            RequireNonAlphanumeric = false,
            RequiredUniqueChars = 4,
        };
        options.Lockout.MaxFailedAccessAttempts = 8;
        options.Lockout.DefaultLockoutTimeSpan = TimeSpan.FromMinutes(5);
    }

    // Pooled connections, and half a minute of patience while the other process writes.
    private static string ConnectionString(string file) =>
        new SqliteConnectionStringBuilder { DataSource = file, DefaultTimeout = 30, ForeignKeys = true }.ToString();
}
