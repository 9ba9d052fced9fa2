using Microsoft.AspNetCore.Identity;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Quartz;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Auditing;
using SafeMedLabel.Application.Cleaning;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Exports;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Jobs;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Live;
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
        services.AddOptions<StorageWatchOptions>().Bind(configuration.GetSection(StorageWatchOptions.Section))
            .Validate(watch => watch.IsValid, "The setting StorageWatch:MinimumFreeMegabytes lies between 0 and 1048576.").ValidateOnStart();
        services.AddOptions<JobOptions>().Bind(configuration.GetSection(JobOptions.Section))
            .Validate(jobs => jobs.IsValid, "The setting Jobs:StalledMinutes lies between 5 and 10080, and Jobs:StalledTrainingMinutes between 30 and 10080.")
            .ValidateOnStart();
        services.AddSingleton<StorageRoom>();
        services.AddSingleton<AuditSeal>();
        services.AddSingleton<AuditTrail>();
        services.AddSingleton<DatabaseHealth>();
        services.AddSingleton<DamageGuard>();
        services.AddPooledDbContextFactory<AppDbContext>((provider, options) => provider.GetRequiredService<DamageGuard>().AddTo(options
            .UseSqlite(storage.DatabaseConnection, sqlite => sqlite.MigrationsAssembly(migrationsAssembly))
            .AddInterceptors(
                new SqliteTuning(),
                provider.GetRequiredService<DamageGuard>(),
                new WebhookOutbox(provider.GetRequiredService<TimeProvider>()),
                new AuditInterceptor(provider.GetRequiredService<AuditSeal>(), provider.GetRequiredService<TimeProvider>()))));
        services.AddScoped(provider => provider.GetRequiredService<IDbContextFactory<AppDbContext>>().CreateDbContext());

        services.AddSingleton<ILookupNormalizer, AddressNormalizer>();
        services.AddSingleton<DatabaseStarter>();
        services.AddSingleton<JobScheduler>();
        services.AddSingleton<ProjectService>();
        services.AddSingleton<SplitService>();
        services.AddSingleton<ImportService>();
        services.AddSingleton<UploadService>();
        services.AddOutboundGuard(configuration);
        ArchiveDownload.AddTo(services);
        services.AddSingleton<StaleDryRuns>();
        services.AddSingleton<JobWatch>();
        services.AddSingleton<ContentSweep>();
        services.AddSingleton<StorageCleaner>();
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
        services.AddSingleton<LiveService>();
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
        services.AddSingleton<SignInTries>();
        services.AddSingleton<RefusedSignIns>();
        // Before Identity adds its own where there is none.
        services.AddScoped<IPasswordValidator<AppUser>, PasswordRule>();
        services.AddScoped<PasswordCheck>();
        services.AddScoped<AccountService>();
        services.AddScoped<InvitationService>();
        services.AddScoped<PromotionService>();
        services.AddScoped<RoundReportService>();

        services.AddQuartz(quartz =>
        {
            quartz.ConfigureScheduler(scheduler => scheduler.IdleWaitTime = TimeSpan.FromSeconds(1));
            // More than there are turns to wait for, which hold no thread (JobTurns): what waits must not be in the way of what could run.
            quartz.UseDefaultThreadPool(maxConcurrency: 1000);
            quartz.UsePersistentStore(store =>
            {
                store.UseSqlite(SqliteFactory.Instance, storage.JobsDatabaseConnection);
                store.ConfigureStore(options => options.StoreJobDataAsStrings = true);
                store.ProvisionSchema();
            });
        });
        return services;
    }

    /// <summary>Adds what only a worker has: the jobs' work, and a scheduler that runs.</summary>
    public static IServiceCollection AddSafeMedLabelWorker<TTrainer, TLiveLearner>(this IServiceCollection services)
        where TTrainer : class, IModelTrainer
        where TLiveLearner : class, ILiveLearner
    {
        services.AddSingleton<IModelTrainer, TTrainer>();
        services.AddSingleton<ILiveLearner, TLiveLearner>();
        services.AddSingleton<LiveFeatureReader>();
        services.AddSingleton<LiveRanker>();
        services.AddSingleton<RoundDataReader>();
        services.AddSingleton<RoundRunner>();
        services.AddSingleton<LabelAuditRunner>();
        services.AddSingleton<JobTurns>();
        services.AddHostedService<OrphanRecovery>();
        services.AddHostedService<AlarmWatch>();
        services.AddHostedService<LiveLane>();
        services.AddHostedService<NightlyCleaning>();
        services.AddQuartz(quartz => quartz
            .AddJob<DailyRoundsJob>(job => job.WithIdentity(DailyRoundsJob.Key))
            .AddTrigger(trigger => trigger.ForJob(DailyRoundsJob.Key).WithIdentity(DailyRoundsJob.Key.Name).WithCronSchedule(DailyRoundsJob.EveryHour, cron => cron.InTimeZone(TimeZoneInfo.Utc)))
            .AddJob<StaleDryRunsJob>(job => job.WithIdentity(StaleDryRunsJob.Key))
            .AddTrigger(trigger => trigger.ForJob(StaleDryRunsJob.Key).WithIdentity(StaleDryRunsJob.Key.Name).WithCronSchedule(StaleDryRunsJob.EveryHour, cron => cron.InTimeZone(TimeZoneInfo.Utc))));
        services.AddQuartzHostedService(options => options.WaitForJobsToComplete = true);
        return services;
    }

    /// <summary>Identity's rules for passwords, the same wherever accounts are made.</summary>
    public static void ConfigureIdentity(IdentityOptions options)
    {
        options.User.RequireUniqueEmail = true;
        // The name is the address, and EmailAddress says what can be one.
        options.User.AllowedUserNameCharacters = "";
        // Length beats composition (NIST SP 800-63B).
        options.Password = new PasswordOptions
        {
            RequiredLength = PasswordRule.Min,
            RequireDigit = false,
            RequireLowercase = false,
            RequireUppercase = false,
            RequireNonAlphanumeric = false,
            RequiredUniqueChars = 4,
        };
        // An end of the lock-out says that an admin disabled the account. Wrong tries are counted by SignInTries, and lock no more than what can be guessed.
        options.Lockout.MaxFailedAccessAttempts = int.MaxValue;
    }
}
