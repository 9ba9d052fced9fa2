using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.Options;
using SafeMedLabel.Application.Backups;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Learning.Native;
using SafeMedLabel.Learning.Training;
using Spectre.Console;

namespace SafeMedLabel.Cli.Output;

/// <summary>What all verbs share: results on standard output, everything else on standard error, one sentence for an error, and the exit code.</summary>
internal sealed class CommandRunner(bool json)
{
    /// <summary>Said when the check of the machine's arithmetic begins.</summary>
    public const string CheckOfArithmetic = "Checking how this machine computes. This is done once and takes about 15 seconds.";

    /// <summary>Exit code after an error that a person can understand.</summary>
    private const int Refused = 1;

    /// <summary>Exit code after Ctrl+C, as shells have it.</summary>
    private const int Interrupted = 130;

    private static readonly JsonSerializerOptions JsonOptions = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private static readonly IAnsiConsole Errors = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

    /// <summary>The option that every verb with a result has.</summary>
    public static Option<bool> JsonOption { get; } = new("--json") { Description = "Print the result as JSON on standard output, and nothing else there." };

    /// <summary>Lets a verb run under these rules.</summary>
    public static void SetAction(Command command, Func<ParseResult, CommandRunner, CancellationToken, Task> run)
    {
        if (!command.Options.Contains(JsonOption))
        {
            command.Options.Add(JsonOption);
        }

        command.SetAction(async (parsed, cancellationToken) =>
        {
            // A person at a terminal would wonder; what reads a file or a pipe need not know.
            if (!Console.IsErrorRedirected)
            {
                LibTorch.CheckBegins += () => Say(CheckOfArithmetic);
            }

            try
            {
                await run(parsed, new CommandRunner(parsed.GetValue(JsonOption)), cancellationToken);
                return 0;
            }
            catch (OperationCanceledException)
            {
                await Console.Error.WriteLineAsync("Interrupted.");
                return Interrupted;
            }
            catch (Exception refused) when (refused is DatasetException or BackupException or ImageRejectedException or ArgumentException or InvalidDataException or IOException
                or UnauthorizedAccessException or TrainingDivergedException or DllNotFoundException or OptionsValidationException)
            {
                await Console.Error.WriteLineAsync($"safemed: {refused.Message.ReplaceLineEndings(" ")}");
                return Refused;
            }
        });
    }

    /// <summary>Prints the result: as JSON for machines, or by <paramref name="forPeople"/>.</summary>
    public void Print<T>(T result, Action<IAnsiConsole> forPeople)
    {
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(result, JsonOptions));
        }
        else
        {
            forPeople(AnsiConsole.Console);
        }
    }

    /// <summary>A remark, on standard error.</summary>
    public static void Say(string remark) => Console.Error.WriteLine(remark);

    /// <summary>Runs blocking work on a thread of its own under a progress bar on standard error; its text follows what the work reports.</summary>
    public static Task<T> WithProgress<T>(string title, Func<Action<double, string>, T> work) =>
        Errors.Progress().AutoClear(false).HideCompleted(false)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(context =>
            {
                var task = context.AddTask(Markup.Escape(title));
                return Task.Factory.StartNew(
                    () =>
                    {
                        var result = work((fraction, text) =>
                        {
                            task.Value = fraction * 100;
                            task.Description = Markup.Escape(text.Length == 0 ? title : $"{title}: {text}");
                        });
                        task.Value = 100;
                        return result;
                    },
                    CancellationToken.None,
                    TaskCreationOptions.LongRunning,
                    TaskScheduler.Default);
            });
}
