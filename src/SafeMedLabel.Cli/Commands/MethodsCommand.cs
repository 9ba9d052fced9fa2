using System.CommandLine;
using SafeMedLabel.Cli.Output;
using SafeMedLabel.Learning.Training;
using Spectre.Console;

namespace SafeMedLabel.Cli.Commands;

/// <summary><c>safemed methods</c>: what can be trained, and what can be changed of it.</summary>
internal static class MethodsCommand
{
    public static Command Create()
    {
        var command = new Command("methods", "List the training methods, and the pieces of them that can be changed.");
        CommandRunner.SetAction(command, (_, runner, _) =>
        {
            runner.Print(new { TrainingMethod.Methods, TrainingMethod.Pieces }, Show);
            return Task.CompletedTask;
        });
        return command;
    }

    private static void Show(IAnsiConsole console)
    {
        var methods = new Table().AddColumns("Method", "What it is");
        foreach (var method in TrainingMethod.Methods)
        {
            methods.AddRow(method.Name, Markup.Escape(method.Meaning));
        }

        var pieces = new Table().AddColumns("+piece=", "Values", "What it is");
        foreach (var piece in TrainingMethod.Pieces)
        {
            pieces.AddRow(piece.Name, piece.Values, Markup.Escape(piece.Meaning));
        }

        console.Write(methods);
        console.Write(pieces);
    }
}
