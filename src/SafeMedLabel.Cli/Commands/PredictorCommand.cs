using System.CommandLine;
using System.Text;
using SafeMedLabel.Cli.Output;
using SafeMedLabel.Cli.Predictions;
using SafeMedLabel.Learning.Native;

namespace SafeMedLabel.Cli.Commands;

/// <summary><c>safemed predictor</c>: the process that asks models for a server. It reads requests and writes replies, and ends when its input does.</summary>
internal static class PredictorCommand
{
    public static Command Create()
    {
        var threads = new Option<int>("--threads") { Description = "Threads to compute with; 0 leaves one core to the server.", DefaultValueFactory = _ => 1 };
        var command = new Command("predictor", "Classify images for a server: a line of JSON in, a line of JSON out, until the input ends.") { threads };
        CommandRunner.SetAction(command, async (parsed, _, cancellationToken) =>
        {
            LibTorch.EnsureLoaded(parsed.GetValue(threads));
            using var requests = new StreamReader(Console.OpenStandardInput(), Encoding.UTF8);
            await using var replies = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false));
            // Whatever else should ever speak must not end up among the replies.
            Console.SetOut(Console.Error);
            using var loop = new PredictorLoop();
            await loop.RunAsync(requests, replies, cancellationToken);
        });
        return command;
    }
}
