using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Learning.Augmentation;
using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Inference;
using SafeMedLabel.Learning.Native;
using SafeMedLabel.Learning.Networks;
using SafeMedLabel.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Tests.Inference;

public sealed class IntegerBackboneTests : IDisposable
{
    private const int Passes = 10;

    private readonly PixelStore _pixels = Cells.Draw(96);
    private readonly ResNet18 _network;
    private readonly DisposeScope _scope = NewDisposeScope();

    public IntegerBackboneTests()
    {
        Assert.SkipUnless(Arithmetic.Has(ScalarType.Int8), "This processor multiplies no 8-bit integers; rankings are then computed in another type.");
        _network = new Trainer(new TrainingOptions { Epochs = 2, BatchSize = 8, MinimumSteps = 12, Seed = 1 }, Cells.Data(_pixels, 48, 16)).Train();
    }

    public void Dispose()
    {
        _scope.Dispose();
        _network.Dispose();
        _pixels.Dispose();
    }

    [Fact]
    public void Features_are_those_of_the_network_to_some_hundredths()
    {
        using var noGradient = no_grad();
        using var rounded = new IntegerBackbone(_network, Images(0, 32));
        var images = Images(32, 64);

        var expected = _network.Features(images);
        var actual = rounded.Features(images);

        Assert.Equal((ScalarType.Float32, 64L, 512L), (actual.dtype, actual.shape[0], actual.shape[1]));
        Assert.InRange(((actual - expected).norm() / expected.norm()).ToDouble(), 0, 0.05);
    }

    [Fact]
    public void Images_are_ranked_as_in_float32()
    {
        int[] all = [.. Enumerable.Range(0, 96)];

        var expected = Ranks(new Predictor(_network, _pixels).StochasticPasses(all, Passes, seed: 5, cancellationToken: TestContext.Current.CancellationToken));
        var actual = Ranks(new Predictor(_network, _pixels, ScalarType.Int8).StochasticPasses(all, Passes, seed: 5, cancellationToken: TestContext.Current.CancellationToken));

        // Spearman's coefficient, without ties.
        var distance = expected.Zip(actual).Sum(r => Math.Pow(r.First - r.Second, 2));
        Assert.InRange(1 - (6 * distance / (96.0 * ((96 * 96) - 1))), 0.99, 1);
    }

    [Fact]
    public void Batches_and_images_of_other_sizes_than_the_sample_are_computed_all_the_same()
    {
        using var noGradient = no_grad();
        using var rounded = new IntegerBackbone(_network, Images(0, 32));
        var images = nn.functional.interpolate(Images(32, 5), [96, 96], mode: InterpolationMode.Area);

        var expected = _network.Features(images);

        Assert.InRange(((rounded.Features(images) - expected).norm() / expected.norm()).ToDouble(), 0, 0.1);
    }

    [Fact]
    public void The_same_images_have_the_same_features_again()
    {
        using var rounded = new IntegerBackbone(_network, Images(0, 32));
        var images = Images(0, 32);

        Assert.True(rounded.Features(images).equal(rounded.Features(images)).all().ToBoolean());
    }

    private Tensor Images(int start, int count) => Augmenter.Normalise(_pixels.Gather(Enumerable.Range(start, count).ToArray()));

    private static double[] Ranks(float[] passes)
    {
        var scores = passes.Chunk(Passes * 2).Select(image => AcquisitionScorer.Score(AcquisitionFunction.Bald, new StochasticPasses(image, Passes, 2), "", 0)).ToArray();
        return [.. scores.Select(score => (double)scores.Count(other => other < score))];
    }
}
