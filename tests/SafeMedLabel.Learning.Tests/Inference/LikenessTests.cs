using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Inference;
using SafeMedLabel.Learning.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Tests.Inference;

public sealed class LikenessTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Distances_between_bytes_go_as_those_between_the_features()
    {
        using var generator = new Generator(1);
        // Eight strong directions in 512, and a little noise in all.
        var features = randn([200, 8], generator: generator).mm(randn([8, 512], generator: generator)) + (0.1 * randn([200, 512], generator: generator));
        using var basis = new LikenessBasis(features);

        var bytes = basis.Project(features).Chunk(Likeness.Length).ToList();

        double[] ofFeatures = [.. Enumerable.Range(1, 199).Select(i => (features[0] - features[i]).pow(2).sum().ToDouble())];
        double[] ofBytes = [.. Enumerable.Range(1, 199).Select(i => (double)Likeness.Distance(bytes[0], bytes[i]))];
        Assert.InRange(Correlation(ofFeatures, ofBytes), 0.99, 1);
    }

    [Fact]
    public void Features_that_are_all_the_same_are_all_alike()
    {
        var features = ones(5, 512);
        using var basis = new LikenessBasis(features);

        Assert.Single(basis.Project(features).Chunk(Likeness.Length).DistinctBy(Convert.ToHexString));
    }

    [Fact]
    public void A_pool_is_read_with_the_same_passes_as_without_its_likeness_and_equal_images_are_alike()
    {
        using var network = new ResNet18(2, seed: 3);
        network.eval();
        using var drawn = Cells.Draw(40);
        // Rows 40 to 79 are the same images once more.
        using var images = drawn.Gather([.. Enumerable.Range(0, 40)]);
        byte[] once = [.. images.permute(0, 2, 3, 1).mul(255).round().to(ScalarType.Byte).contiguous().data<byte>()];
        using var pixels = new PixelStore((byte[])[.. once, .. once], Cells.Size);
        var predictor = new Predictor(network, pixels);
        int[] all = [.. Enumerable.Range(0, 80)];

        var (passes, likeness) = predictor.ReadPool(all, 5, seed: 7, cancellationToken: Cancellation);

        Assert.Equal(predictor.StochasticPasses(all, 5, seed: 7, cancellationToken: Cancellation), passes);
        var bytes = likeness.Chunk(Likeness.Length).ToList();
        // A byte may fall to either side of its rounding: an image's features depend on its batch by a hair.
        Assert.All(Enumerable.Range(0, 40), i => Assert.InRange(Likeness.Distance(bytes[i], bytes[i + 40]), 0, Likeness.Length));
        Assert.True(bytes.Take(40).DistinctBy(Convert.ToHexString).Count() > 30);
    }

    private static double Correlation(double[] x, double[] y)
    {
        var (meanX, meanY) = (x.Average(), y.Average());
        var covariance = x.Zip(y).Sum(p => (p.First - meanX) * (p.Second - meanY));
        return covariance / Math.Sqrt(x.Sum(v => (v - meanX) * (v - meanX)) * y.Sum(v => (v - meanY) * (v - meanY)));
    }
}
