using SafeMedLabel.Learning.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Tests.Native;

public sealed class OneDnnTests
{
    [Fact]
    public async Task Numbers_that_a_convolution_is_given_outlive_it_however_often_the_collector_runs()
    {
        LibTorch.EnsureLoaded();
        Assert.SkipUnless(OneDnn.IsFor(CPU), "libtorch has no oneDNN on this processor.");
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var collecting = Task.Run(
            () =>
            {
                while (!ending.IsCancellationRequested)
                {
                    GC.Collect(0);
                    GC.WaitForPendingFinalizers();
                }
            },
            ending.Token);
        using var scope = NewDisposeScope();
        var (values, plain, bias) = (OneDnn.Pack(rand([1, 4, 4, 4])), rand([4, 4, 3, 3]), rand([4]));
        float[] Compute()
        {
            using var inner = NewDisposeScope();
            return OneDnn.Convolve(values, OneDnn.PackWeights(plain, 1, 1, 1, 4), bias, 1, 1).to_dense().data<float>().ToArray();
        }

        var computed = Enumerable.Range(0, 100).Select(_ => Compute()).ToList();

        Assert.All(computed, again => Assert.Equal(computed[0], again));
        await ending.CancelAsync();
        await collecting;
    }
}
