using SafeMedLabel.Learning.Augmentation;
using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Inference;
using SafeMedLabel.Learning.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Tests.Inference;

public sealed class PredictorTests : IDisposable
{
    private readonly PixelStore _pixels = Cells.Draw(70);
    private readonly ResNet18 _network = new(2, seed: 3);
    private readonly DisposeScope _scope = NewDisposeScope();

    public PredictorTests() => _network.eval();

    public void Dispose()
    {
        _scope.Dispose();
        _network.Dispose();
        _pixels.Dispose();
    }

    [Fact]
    public void Probabilities_of_an_image_sum_to_one_and_do_not_depend_on_its_company()
    {
        var predictor = new Predictor(_network, _pixels);
        int[] all = [.. Enumerable.Range(0, 70)];

        var together = predictor.Probabilities(all, Cancellation);
        var alone = predictor.Probabilities([69], Cancellation);

        Assert.Equal(140, together.Length);
        Assert.All(all, i => Assert.Equal(1, together[2 * i] + together[(2 * i) + 1], 1e-12));
        Assert.Equal(alone[0], together[138], 1e-5);
    }

    [Fact]
    public void A_temperature_changes_the_level_of_probabilities_and_passes_and_not_their_order()
    {
        var predictor = new Predictor(_network, _pixels);
        double[] Odds() => [.. predictor.Probabilities([0, 1, 2], Cancellation).Chunk(2).Select(p => Math.Log(p[1] / p[0]))];
        double[] PassOdds() => [.. predictor.StochasticPasses([0, 1, 2], 5, seed: 1, cancellationToken: Cancellation).Chunk(2).Select(p => Math.Log(p[1] / p[0]))];
        var (odds, passes) = (Odds(), PassOdds());

        _network.Temperature = 2;

        Assert.All(odds.Zip(Odds()), pair => Assert.Equal(pair.First / 2, pair.Second, 1e-9));
        Assert.All(passes.Zip(PassOdds()), pair => Assert.Equal(pair.First / 2, pair.Second, 1e-4));
    }

    [Fact]
    public void With_all_views_a_turned_image_has_the_same_probabilities_and_they_are_the_mean_over_its_views()
    {
        var turned = new byte[2 * Cells.Size * Cells.Size * 3];
        var image = _pixels.Gather([5]);
        double[] Ask(int views, params Tensor[] images)
        {
            foreach (var (i, pixels) in images.Index())
            {
                pixels[0].permute(1, 2, 0).mul(255).round().to(ScalarType.Byte).contiguous().data<byte>().CopyTo(turned.AsSpan(i * turned.Length / 2));
            }

            _network.TestViews = views;
            using var store = new PixelStore(turned, Cells.Size);
            return [.. new Predictor(_network, store).Probabilities([0, 1], Cancellation).Chunk(2).Select(p => p[1])];
        }

        var all = Ask(8, image, Symmetries.Apply(image, 5));
        Assert.Equal(all[0], all[1], 1e-6);

        var two = Ask(2, image, Symmetries.Apply(image, 1));
        var each = Ask(1, image, Symmetries.Apply(image, 1));
        Assert.Equal(each.Average(), two[0], 1e-6);
        Assert.NotEqual(each[0], each[1]);
    }

    [Fact]
    public void A_temperature_is_that_of_the_mean_over_the_views()
    {
        _network.TestViews = 8;
        var mean = new Predictor(_network, _pixels).Probabilities([7], Cancellation);

        _network.Temperature = 0.25;

        Assert.Equal(4 * Math.Log(mean[1] / mean[0]), Math.Log(Ratio(new Predictor(_network, _pixels).Probabilities([7], Cancellation))), 1e-9);
        static double Ratio(double[] p) => p[1] / p[0];
    }

    [Fact]
    public void Passes_of_an_image_do_not_depend_on_its_company_and_follow_from_the_seed()
    {
        var predictor = new Predictor(_network, _pixels);

        var together = predictor.StochasticPasses([1, 2, 3], 20, seed: 9, cancellationToken: Cancellation);
        var alone = predictor.StochasticPasses([3], 20, seed: 9, cancellationToken: Cancellation);
        var other = predictor.StochasticPasses([3], 20, seed: 10, cancellationToken: Cancellation);

        Assert.Equal(3 * 20 * 2, together.Length);
        Assert.All(alone.Zip(together.Skip(80)), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        Assert.NotEqual(alone, other);
    }

    [Fact]
    public void Sharing_the_backbone_gives_what_whole_passes_one_by_one_give()
    {
        var shared = new Predictor(_network, _pixels).StochasticPasses([0, 1, 2, 3], 10, seed: 4, cancellationToken: Cancellation);

        using var noGradient = no_grad();
        using var generator = new Generator(4);
        var masks = _network.Head.DrawMasks(generator, 10, 1);
        for (var pass = 0; pass < 10; pass++)
        {
            var features = _network.Features(Augmenter.Normalise(_pixels.Gather([0, 1, 2, 3])));
            var whole = _network.Head.ForwardWithDropout(features, (masks.Inputs[pass], masks.Hidden[pass])).softmax(1);
            for (var image = 0; image < 4; image++)
            {
                Assert.Equal(whole[image, 0].ToSingle(), shared[((image * 10) + pass) * 2], 1e-5);
            }
        }
    }

    [Fact]
    public void Dropout_keeps_seven_in_ten_and_the_mean()
    {
        using var generator = new Generator(1);

        var (inputs, hidden) = _network.Head.DrawMasks(generator, 200);

        Assert.Equal([200L, 512L], inputs.shape);
        Assert.Equal([200L, 256L], hidden.shape);
        Assert.Equal(0.7, inputs.gt(0).to(ScalarType.Float32).mean().ToDouble(), 0.01);
        Assert.Equal(1, inputs.mean().ToDouble(), 0.01);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Asking_leaves_the_network_as_it_was(bool training)
    {
        _network.train(training);
        var before = _network.Tensors().ToDictionary(t => t.Key, t => t.Value.clone());

        new Predictor(_network, _pixels).StochasticPasses([0, 1], 5, seed: 1, cancellationToken: Cancellation);

        Assert.Equal(training, _network.training);
        Assert.All(_network.Tensors(), t => Assert.True(t.Value.equal(before[t.Key]).all().ToBoolean(), t.Key));
    }

    [Fact]
    public void A_row_that_is_not_there_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new Predictor(_network, _pixels).Probabilities([70], Cancellation));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;
}
