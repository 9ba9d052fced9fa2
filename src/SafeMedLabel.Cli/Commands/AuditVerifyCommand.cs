using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Auditing;
using SafeMedLabel.Cli.Output;
using Spectre.Console;

namespace SafeMedLabel.Cli.Commands;

/// <summary><c>safemed audit verify</c>: whether a storage's audit trail is what was written; exit code 1 where it is not.</summary>
internal static class AuditVerifyCommand
{
    public static Command Create()
    {
        var storage = CommonOptions.Storage();
        var command = new Command("verify", "Look at every entry of a server's audit trail: whether one was changed, put in or taken out.") { storage };
        CommandRunner.SetAction(command, async (parsed, runner, cancellationToken) =>
        {
            await using var services = await CommonOptions.OpenStorageAsync(parsed.GetRequiredValue(storage), cancellationToken);
            var found = await services.GetRequiredService<AuditTrail>().VerifyAsync(cancellationToken);
            runner.Print(found, console => console.MarkupLineInterpolated($"{found.Entries:N0} entries; seal of the last: {found.Head}"));
            foreach (var problem in found.Problems)
            {
                CommandRunner.Say(problem.Sentence);
            }

            if (!found.IsIntact)
            {
                throw new InvalidDataException("The audit trail is not what was written.");
            }
        });
        return command;
    }
}
