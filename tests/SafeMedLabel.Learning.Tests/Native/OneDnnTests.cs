using SafeMedLabel.Learning.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Tests.Native;

[Collection(nameof(BusyCollector))]
public sealed class OneDnnTests
{
    [Fact]
    public void Numbers_that_a_convolution_is_given_outlive_it_however_often_the_collector_runs()
    {
        Assert.SkipUnless(OneDnn.IsFor(CPU), "libtorch has no oneDNN on this processor.");
        using var scope = NewDisposeScope();
        var (values, plain, bias) = (rand([1, 4, 4, 4]), rand([4, 4, 3, 3]), rand([4]));
        using var collector = new BusyCollector();

        var computed = Enumerable.Range(0, 100).Select(_ => Compute()).ToList();

        Assert.All(computed, again => Assert.Equal(computed[0], again));

        float[] Compute()
        {
            using var inner = NewDisposeScope();
            return OneDnn.Convolve(values, OneDnn.PackWeights(plain, 1, 1, 1, 4), bias, 1, 1).contiguous().data<float>().ToArray();
        }
    }
}
