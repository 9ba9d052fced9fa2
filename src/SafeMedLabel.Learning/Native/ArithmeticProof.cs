using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SafeMedLabel.Learning.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Native;

/// <summary>
/// In which types this machine was seen to compute rightly, and with which of its processor's instructions. A process of its own computes every
/// convolution (<see cref="ConvolutionCheck"/>), since a fault may end it. What it found is kept among the user's own files, for this processor, this
/// version of the program, and the native library that it was built with.
/// </summary>
/// <param name="InstructionSet">What oneDNN must be kept to, as its variable ONEDNN_MAX_CPU_ISA has it; null where it may use all that there is.</param>
/// <param name="Faults">For each type that was computed in: null where all was right, else what was wrong.</param>
internal sealed record ArithmeticProof(string? InstructionSet, IReadOnlyDictionary<string, string?> Faults)
{
    /// <summary>oneDNN's own name for what keeps it to fewer instructions.</summary>
    public const string Setting = "ONEDNN_MAX_CPU_ISA";

    private const string Fewer = "AVX2";

    // The exit code after SIGKILL: somebody ended the process, and nothing was found out about the arithmetic.
    private const int Killed = 128 + 9;

    /// <summary>What is wrong with a type; null where nothing is.</summary>
    public string? FaultOf(ScalarType type) => Faults.TryGetValue(Arithmetic.NameOf(type), out var fault) ? fault : "the check ended before its end";

    /// <summary>Reads what was found before, or finds it and keeps it.</summary>
    /// <param name="folder">Where it is kept.</param>
    /// <param name="begins">Called before the check, which takes about 15 seconds; not called where an earlier result is read.</param>
    /// <exception cref="NotSupportedException">Not even float32 is right, with whatever instructions; one sentence.</exception>
    public static ArithmeticProof Find(string folder, Action begins)
    {
        var path = Path.Combine(folder, $"arithmetic-{Identity()}.json");
        if (Read(path) is { } known)
        {
            return known;
        }

        begins();
        var found = Try(Probe);
        try
        {
            AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, found));
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            // It is then found anew at each start, which takes seconds.
        }

        return found;
    }

    /// <summary>With all instructions; with fewer where float32 is then wrong and nobody chose them.</summary>
    /// <param name="probe">Tries with the instructions named: the types that it came to, and what was wrong with them.</param>
    internal static ArithmeticProof Try(Func<string?, IReadOnlyDictionary<string, string?>> probe)
    {
        var all = new ArithmeticProof(null, probe(null));
        if (all.FaultOf(ScalarType.Float32) is not { } fault)
        {
            return all;
        }

        var fewer = Environment.GetEnvironmentVariable(Setting) is null ? new ArithmeticProof(Fewer, probe(Fewer)) : all;
        return fewer.FaultOf(ScalarType.Float32) is null
            ? fewer
            : throw new NotSupportedException($"It computes wrongly on this machine's processor: {fault}.");
    }

    /// <summary>Runs <see cref="ArithmeticProbe"/>.</summary>
    private static Dictionary<string, string?> Probe(string? instructionSet)
    {
        var start = new ProcessStartInfo(Host(), [typeof(ArithmeticProof).Assembly.Location]) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (instructionSet is not null)
        {
            start.Environment[Setting] = instructionSet;
        }

        return Run(start);
    }

    /// <summary>What a process says: a line for each type, its name and, where something is wrong, what.</summary>
    /// <exception cref="NotSupportedException">It could not be started, could not load the library, or was killed; one sentence.</exception>
    internal static Dictionary<string, string?> Run(ProcessStartInfo start)
    {
        try
        {
            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync();
            var said = new Dictionary<string, string?>();
            while (process.StandardOutput.ReadLine() is { } line)
            {
                var parts = line.Split(' ', 2);
                said[parts[0]] = parts.ElementAtOrDefault(1);
            }

            process.WaitForExit();
            return process.ExitCode switch
            {
                ArithmeticProbe.CannotLoad => throw new NotSupportedException(error.GetAwaiter().GetResult().Trim()),
                Killed => throw new NotSupportedException("the check of its arithmetic was killed, perhaps for want of memory; try again"),
                _ => said,
            };
        }
        catch (Win32Exception missing)
        {
            throw new NotSupportedException($"the check of its arithmetic did not start: {missing.Message}", missing);
        }
    }

    /// <summary>The program that runs this one's runtime.</summary>
    private static string Host() =>
        Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));

    /// <summary>Of all that decides what is computed.</summary>
    private static string Identity()
    {
        var parts = string.Join(
            '\n',
            Processor.Identity(),
            Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
            RuntimeInformation.OSDescription,
            Environment.GetEnvironmentVariable(Setting),
            typeof(torch).Assembly.ManifestModule.ModuleVersionId,
            typeof(ArithmeticProof).Assembly.ManifestModule.ModuleVersionId);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(parts)))[..16];
    }

    private static ArithmeticProof? Read(string path)
    {
        try
        {
            var read = File.Exists(path) ? JsonSerializer.Deserialize<ArithmeticProof>(File.ReadAllBytes(path)) : null;
            return read?.Faults is null ? null : read;
        }
        catch (Exception damaged) when (damaged is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
