using System.Diagnostics;

namespace SafeMedLabel.Web.Worker;

/// <summary>Processes of <c>safemed</c> beside the server: native code that fails takes its own process with it, not this one.</summary>
internal static class CompanionProcess
{
    /// <summary>How to start one. It ends when its standard input does, and so never outlives the server.</summary>
    /// <param name="executable">The program, or its library, which is started as the server was.</param>
    /// <param name="arguments">Verb and options.</param>
    public static ProcessStartInfo StartInfo(string executable, IEnumerable<string> arguments)
    {
        var isLibrary = executable.EndsWith(".dll", StringComparison.OrdinalIgnoreCase);
        var program = !isLibrary ? executable : Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet";
        return new ProcessStartInfo(program, isLibrary ? arguments.Prepend(executable) : arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
    }

    /// <summary>Asks one to end by closing its input, and ends it where it does not within ten seconds.</summary>
    public static async Task EndAsync(Process process)
    {
        process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }
    }
}
