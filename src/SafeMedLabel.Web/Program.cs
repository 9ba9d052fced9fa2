using Microsoft.AspNetCore.DataProtection;
using Quartz;
using SafeMedLabel.Application;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Predictions;
using SafeMedLabel.Application.Webhooks;
using SafeMedLabel.Web;
using SafeMedLabel.Web.Predictions;
using SafeMedLabel.Web.Worker;
using Serilog;

try
{
    var demo = args.Contains("--demo");
    var builder = WebApplication.CreateBuilder([.. args.Where(a => a != "--demo")]);
    // A failed start is told in one sentence below.
    builder.Host.UseSerilog((context, logging) => logging.ReadFrom.Configuration(context.Configuration)
        .Filter.ByExcluding(line => line.MessageTemplate.Text == "Hosting failed to start"));
    builder.Services.AddSafeMedLabelApplication(builder.Configuration, "SafeMedLabel.Migrations.Sqlite");
    builder.Services.AddQuartzHostedService(options => options.AutoStart = false);
    builder.Services.AddDataProtection().SetApplicationName("SafeMedLabel").PersistKeysToFileSystem(new DirectoryInfo(
        (builder.Configuration.GetSection(StorageOptions.Section).Get<StorageOptions>() ?? new StorageOptions()).KeyFolder));
    builder.Services.AddOptions<WorkerOptions>().Bind(builder.Configuration.GetSection(WorkerOptions.Section))
        .Validate(worker => worker.Threads is >= 0 and <= 1024, "The setting Worker:Threads lies between 0 and 1024.").ValidateOnStart();
    builder.Services.AddSingleton<WorkerSupervisor>();
    builder.Services.AddHostedService(provider => provider.GetRequiredService<WorkerSupervisor>());
    builder.Services.AddOptions<PredictorOptions>().Bind(builder.Configuration.GetSection(PredictorOptions.Section))
        .Validate(predictor => predictor.IsValid, "A setting of the section Predictor is out of its range; docs/configuration.md has the ranges.").ValidateOnStart();
    builder.Services.AddSingleton<IModelReader, PredictorSupervisor>();
    builder.Services.AddSingleton<PredictionService>();
    WebhookSender.AddTo(builder.Services);
    builder.Services.AddSingleton<StorageWatch>();
    builder.Services.AddHostedService(provider => provider.GetRequiredService<StorageWatch>());
    builder.Services.AddSingleton<DatabaseCheck>();
    builder.Services.AddHostedService(provider => provider.GetRequiredService<DatabaseCheck>());
    builder.Services.AddHostedService(provider => provider.GetRequiredService<RefusedSignIns>());
    builder.WebHost.UseStaticWebAssets();
    builder.Services.AddSafeMedLabelUi(builder.Configuration);

    await using var app = builder.Build();
    await app.Services.GetRequiredService<DatabaseStarter>().StartAsync();
    if (demo)
    {
        await DemoSetup.RunAsync(app.Services, Console.Out);
    }

    app.MapSafeMedLabelUi();
    app.Logger.LogInformation("The storage is the folder {Folder}.", app.Services.GetRequiredService<StorageOptions>().FullRoot);
    await app.RunAsync();
    return 0;
}
catch (Exception failure) when (StartupFailure.Describe(failure) is { } sentence)
{
    await Console.Error.WriteLineAsync($"SafeMedLabel did not start. {sentence}");
    return 1;
}
