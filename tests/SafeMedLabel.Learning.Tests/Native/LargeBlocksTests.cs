using TorchSharp;

namespace SafeMedLabel.Learning.Tests.Native;

/// <summary>Alone: what other tests allocate at the same time would be measured too.</summary>
[Collection(nameof(LargeBlocksTests))]
[CollectionDefinition(nameof(LargeBlocksTests), DisableParallelization = true)]
public class LargeBlocksTests
{
    private const int Mebibyte = 1 << 20;

    [Fact]
    public void Large_tensors_that_are_disposed_leave_the_process_though_small_ones_lie_between_them()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "How memory goes back is asked of Linux.");
        // By its own rule the C library would take the first large block that is freed as a reason to keep all that are no larger.
        torch.ones(31 * Mebibyte / sizeof(float)).Dispose();
        var pairs = Enumerable.Range(0, 32)
            .Select(_ => (Large: torch.ones(16 * Mebibyte / sizeof(float)), Small: torch.ones(Mebibyte / sizeof(float))))
            .ToArray();

        // Only this short step is measured: over a longer one the rest of the process gives memory back too.
        var filled = Environment.WorkingSet;
        foreach (var (large, _) in pairs)
        {
            large.Dispose();
        }

        var freed = filled - Environment.WorkingSet;
        foreach (var (_, small) in pairs)
        {
            small.Dispose();
        }

        Assert.True(freed > 448L * Mebibyte, $"Of 512 MiB {freed / Mebibyte} left the process.");
    }
}
