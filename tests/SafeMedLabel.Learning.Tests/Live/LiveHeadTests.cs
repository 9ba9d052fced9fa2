using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Live;
using SafeMedLabel.Learning.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Tests.Live;

public sealed class LiveHeadTests : IDisposable
{
    private const int Images = 400;
    private const int Passes = 50;

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly FeatureStore _store;
    private readonly LiveFeatures _features;

    public LiveHeadTests()
    {
        Learning.Native.LibTorch.EnsureLoaded();
        // Two classes in turn, whose means lie apart in every twentieth of the features: far beside the noise of one, clear over all of them.
        using var generator = new Generator(3);
        var raw = rand(Images, DropoutHead.Inputs, generator: generator);
        for (var row = 1; row < Images; row += 2)
        {
            using var apart = raw[row].slice(0, 0, DropoutHead.Inputs, 20);
            apart.add_(0.5f);
        }

        _store = new FeatureStore(FeatureStore.Pack(raw));
        _features = new LiveFeatures(_store);
    }

    private static int[] Rest => [.. Enumerable.Range(40, Images - 40)];

    public void Dispose()
    {
        _features.Dispose();
        _store.Dispose();
        _scope.Dispose();
    }

    [Fact]
    public void Twenty_labels_teach_it_what_a_line_can_tell()
    {
        using var head = Train(20);
        var right = Rest.Zip(Ask(head, Rest).Chunk(2 * Passes)).Count(i => (i.Second.Where((_, at) => at % 2 == 1).Average() > 0.5) == (i.First % 2 == 1));
        Assert.True(right >= 0.9 * Rest.Length, $"{right} of {Rest.Length}");

        var sure = Rest.Zip(head.Probabilities(Rest, TestContext.Current.CancellationToken).Chunk(2)).Count(i => (i.Second[1] > 0.5) == (i.First % 2 == 1));
        Assert.True(sure >= 0.9 * Rest.Length, $"{sure} of {Rest.Length}");
    }

    [Fact]
    public void The_same_seed_gives_the_same_head_and_passes_and_another_gives_others()
    {
        float[] TrainAndAsk(long seed)
        {
            using var head = Train(20, seed);
            return Ask(head, Rest, seed);
        }

        Assert.Equal(TrainAndAsk(1), TrainAndAsk(1));
        Assert.NotEqual(TrainAndAsk(1), TrainAndAsk(2));
    }

    [Fact]
    public void An_images_passes_do_not_depend_on_its_company()
    {
        using var head = Train(20);
        var all = Ask(head, Rest);
        var alone = Ask(head, [Rest[7]]);

        for (var i = 0; i < alone.Length; i++)
        {
            Assert.Equal(alone[i], all[(7 * Passes * 2) + i], 1e-5);
        }
    }

    [Fact]
    public void Passes_are_the_heads_own_dropout_whose_masks_are_only_taken_into_the_weights()
    {
        using var network = new ResNet18(2, seed: 4);
        using var generator = new Generator(9);
        using var noGradient = no_grad();
        var features = _features.Gather(Rest);
        var (inputs, hidden) = network.Head.DrawMasks(generator, 3);
        for (var pass = 0; pass < 3; pass++)
        {
            var expected = network.Head.ForwardWithDropout(features, (inputs[pass], hidden[pass]));
            Assert.True(network.Head.ForwardThrough((inputs[pass], hidden[pass]), features).allclose(expected, 1e-4, 1e-5));
        }
    }

    [Fact]
    public void Features_are_centred_and_scaled_and_one_that_never_changes_is_nought()
    {
        using var constant = full([4, DropoutHead.Inputs], 3.0f);
        constant[0, 1] = tensor(7.0f);
        using var store = new FeatureStore(FeatureStore.Pack(constant));
        using var features = new LiveFeatures(store);
        using var scaled = features.Gather([0, 1, 2, 3]);

        Assert.Equal([0f, 0f, 0f, 0f], scaled.select(1, 0).contiguous().data<float>().ToArray());
        Assert.Equal(0, scaled.select(1, 1).mean().item<float>(), 1e-6);
        Assert.Equal(1, scaled.select(1, 1).std(unbiased: false).item<float>(), 1e-6);
    }

    [Fact]
    public void A_training_can_be_given_up()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();

        Assert.Throws<OperationCanceledException>(() => LiveHead.Train(_features, [0, 1], [0, 1], 2, seed: 1, cancelled.Token));
    }

    private LiveHead Train(int labels, long seed = 1) =>
        LiveHead.Train(_features, [.. Enumerable.Range(0, labels)], [.. Enumerable.Range(0, labels).Select(row => row % 2)], 2, seed);

    private static float[] Ask(LiveHead head, int[] rows, long seed = 5)
    {
        var all = new float[rows.Length * Passes * 2];
        head.StochasticPasses(rows, Passes, seed, Note, cancellationToken: TestContext.Current.CancellationToken);
        return all;

        void Note(int position, in StochasticPasses passes)
        {
            for (var t = 0; t < Passes; t++)
            {
                for (var k = 0; k < 2; k++)
                {
                    all[(((position * Passes) + t) * 2) + k] = (float)passes.Probability(t, k);
                }
            }
        }
    }
}
