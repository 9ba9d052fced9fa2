using System.Diagnostics;
using SafeMedLabel.Learning.Native;
using TorchSharp;

namespace SafeMedLabel.Learning.Tests.Native;

/// <summary>In a process of their own: where other tests have left room in the heap, large blocks are laid there.</summary>
public class KeptMemoryTests
{
    private const int Mebibyte = 1 << 20;
    private const string Alone = "SAFEMED_TEST_ALONE";

    [Fact]
    public async Task Memory_of_earlier_steps_is_there_for_the_next_and_leaves_the_process_when_it_is_given_back()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "How memory goes back is asked of Linux.");
        if (Environment.GetEnvironmentVariable(Alone) is not null)
        {
            KeepAndGiveBack();
            return;
        }

        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["-class", typeof(KeptMemoryTests).FullName!])
        {
            RedirectStandardOutput = true,
            Environment = { [Alone] = "1" },
        })!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, output);
    }

    private static void KeepAndGiveBack()
    {
        var before = Environment.WorkingSet;
        // The first steps lay their blocks a little otherwise than those before them, where small ones have stayed between.
        for (var i = 0; i < 8; i++)
        {
            Step();
        }

        var kept = (Environment.WorkingSet - before) / Mebibyte;
        var faults = Faults();
        Step();
        var again = (Faults() - faults) * Environment.SystemPageSize / Mebibyte;
        LibTorch.GiveMemoryBack();
        var left = (Environment.WorkingSet - before) / Mebibyte;

        Assert.True(
            kept is > 448 and < 4 * 480 && again < 64 && left < 64,
            $"Of 480 MiB {kept} stayed, {again} of the next step's were cleared anew, and {left} were left when all was given back.");
    }

    /// <summary>Makes 480 MiB in blocks of 48 MiB, which the library by its own rule would map anew each time, and frees them.</summary>
    private static void Step()
    {
        using var scope = torch.NewDisposeScope();
        for (var i = 0; i < 10; i++)
        {
            torch.ones(48 * Mebibyte / sizeof(float));
        }
    }

    /// <summary>Pages that the system has cleared for this process: the eighth field after its name in /proc/self/stat (proc(5), minflt).</summary>
    private static long Faults()
    {
        var stat = File.ReadAllText("/proc/self/stat");
        return long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[7], System.Globalization.CultureInfo.InvariantCulture);
    }
}
