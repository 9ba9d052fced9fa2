using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SafeMedLabel.Application;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Cli.Output;
using SafeMedLabel.Cli.Worker;
using SafeMedLabel.Learning.Native;
using Serilog;

namespace SafeMedLabel.Cli.Commands;

/// <summary><c>safemed worker</c>: the process that imports and trains. The server starts it; so may a person, on the same storage.</summary>
internal static class WorkerCommand
{
    public static Command Create()
    {
        var storage = CommonOptions.Storage();
        var threads = new Option<int>("--threads") { Description = "Threads to compute with; 0 leaves one core to the server.", DefaultValueFactory = _ => 0 };
        var untilInputEnds = new Option<bool>("--until-input-ends") { Description = "End when standard input does: a worker must not outlive the server that started it." };
        var command = new Command("worker", "Import and train for a server, until told to stop.") { storage, threads, untilInputEnds };
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(parsed.GetRequiredValue(storage), parsed.GetValue(threads), parsed.GetValue(untilInputEnds), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string storage, int threads, bool untilInputEnds, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (untilInputEnds)
        {
            _ = Task.Run(
                async () =>
                {
                    while (await Console.In.ReadLineAsync(CancellationToken.None) is not null)
                    {
                        // Nothing is said here; only the end of it counts.
                    }

                    await ending.CancelAsync();
                },
                CancellationToken.None);
        }

        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { [$"{StorageOptions.Section}:Root"] = storage });
        builder.Services.AddSerilog(logging => logging.MinimumLevel.Information().MinimumLevel.Override("Microsoft", Serilog.Events.LogEventLevel.Warning)
            .MinimumLevel.Override("Quartz", Serilog.Events.LogEventLevel.Warning)
            // Texts in quotes and with their line breaks escaped: nothing that comes from outside passes for a line of the log.
            .WriteTo.Console(outputTemplate: "{Level:u3} {Message:j}{NewLine}{Exception}", formatProvider: System.Globalization.CultureInfo.InvariantCulture));
        builder.Services.AddSafeMedLabelApplication(builder.Configuration, CommonOptions.Migrations);
        builder.Services.AddSafeMedLabelWorker<ModelTrainer, LiveLearner>();
        using var host = builder.Build();
        var logger = host.Services.GetRequiredService<ILogger<ModelTrainer>>();
        LibTorch.CheckBegins += () => logger.LogInformation(CommandRunner.CheckOfArithmetic);
        LibTorch.EnsureLoaded(threads);
        await host.RunAsync(ending.Token);
        return 0;
    }
}
