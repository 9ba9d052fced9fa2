using System.Diagnostics;
using TorchSharp;

namespace SafeMedLabel.Learning.Tests.Native;

/// <summary>In a process of their own: where other tests have left room in the heap, large blocks are laid there.</summary>
public class LargeBlocksTests
{
    private const int Mebibyte = 1 << 20;
    private const string Alone = "SAFEMED_TEST_ALONE";

    [Fact]
    public async Task Large_tensors_that_are_disposed_leave_the_process_though_small_ones_lie_between_them()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "How memory goes back is asked of Linux.");
        if (Environment.GetEnvironmentVariable(Alone) is not null)
        {
            var freed = MebibytesFreed();
            Assert.True(freed > 448, $"Of 512 MiB {freed} left the process.");
            return;
        }

        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["-class", typeof(LargeBlocksTests).FullName!])
        {
            RedirectStandardOutput = true,
            Environment = { [Alone] = "1" },
        })!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, output);
    }

    private static long MebibytesFreed()
    {
        // By its own rule the C library would take the first large block that is freed as a reason to keep all that are no larger.
        torch.ones(31 * Mebibyte / sizeof(float)).Dispose();
        var pairs = Enumerable.Range(0, 32)
            .Select(_ => (Large: torch.ones(16 * Mebibyte / sizeof(float)), Small: torch.ones(Mebibyte / sizeof(float))))
            .ToArray();

        // Only this short step is measured: over a longer one the runtime gives memory back too.
        var filled = Environment.WorkingSet;
        foreach (var (large, _) in pairs)
        {
            large.Dispose();
        }

        var freed = (filled - Environment.WorkingSet) / Mebibyte;
        foreach (var (_, small) in pairs)
        {
            small.Dispose();
        }

        return freed;
    }
}
