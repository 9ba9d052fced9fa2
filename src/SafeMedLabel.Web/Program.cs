using Microsoft.AspNetCore.DataProtection;
using Quartz;
using SafeMedLabel.Application;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Web;
using SafeMedLabel.Web.Worker;
using Serilog;

var demo = args.Contains("--demo");
var builder = WebApplication.CreateBuilder([.. args.Where(a => a != "--demo")]);
builder.Host.UseSerilog((context, logging) => logging.ReadFrom.Configuration(context.Configuration));
builder.Services.AddSafeMedLabelApplication(builder.Configuration, "SafeMedLabel.Migrations.Sqlite");
builder.Services.AddQuartzHostedService(options => options.AutoStart = false);
builder.Services.AddDataProtection().SetApplicationName("SafeMedLabel").PersistKeysToFileSystem(new DirectoryInfo(
    (builder.Configuration.GetSection(StorageOptions.Section).Get<StorageOptions>() ?? new StorageOptions()).KeyFolder));
builder.Services.AddOptions<WorkerOptions>().Bind(builder.Configuration.GetSection(WorkerOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
builder.Services.AddSingleton<WorkerSupervisor>();
builder.Services.AddHostedService(provider => provider.GetRequiredService<WorkerSupervisor>());
builder.WebHost.UseStaticWebAssets();
builder.Services.AddSafeMedLabelUi();

var app = builder.Build();
await app.Services.GetRequiredService<DatabaseStarter>().StartAsync();
if (demo)
{
    await DemoSetup.RunAsync(app.Services, Console.Out);
}

app.MapSafeMedLabelUi();
app.Run();
