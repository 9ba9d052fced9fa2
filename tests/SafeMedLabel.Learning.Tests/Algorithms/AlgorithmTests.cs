using System.Text.Json;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Learning.Algorithms;
using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Networks;
using SafeMedLabel.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Tests.Algorithms;

public sealed class AlgorithmTests : IDisposable
{
    private readonly ResNet18 _network = new(2, seed: 3);
    private readonly PixelStore _pixels = Cells.Draw(16);
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _network.Dispose();
        _pixels.Dispose();
    }

    [Fact]
    public void The_filter_on_tensors_agrees_with_the_independently_computed_values_to_1e_5()
    {
        using var oracle = JsonDocument.Parse(File.ReadAllBytes(SharedData.Require("oracle/safety-filter.json")));
        var passes = oracle.RootElement.GetProperty("passes").Deserialize<double[][][]>()!;
        var flat = passes.SelectMany(pass => pass.SelectMany(row => row)).Select(p => (float)p).ToArray();

        var (classes, uncertainty, weights) = SafeMedSslAlgorithm.Filter(tensor(flat, [passes.Length, passes[0].Length, 2]), new SafetyFilterOptions());

        for (var image = 0; image < passes[0].Length; image++)
        {
            Assert.Equal(Expected("pseudo_label", image), classes[image].ToInt64());
            Assert.Equal(Expected("uncertainty", image), uncertainty[image].ToDouble(), 1e-5);
            Assert.Equal(Expected("final", image), weights[image].ToDouble(), 1e-5);
        }

        double Expected(string name, int image) => oracle.RootElement.GetProperty(name)[image].GetDouble();
    }

    [Fact]
    public void Looking_at_the_pool_leaves_batch_norm_alone()
    {
        _network.train();
        using var generator = new Generator(1);
        var labels = tensor(new long[] { 0, 1, 0, 1 });
        var algorithm = new SafeMedSslAlgorithm(10, new SafetyFilterOptions());

        algorithm.Step(_network, Images(0, 4), labels, Images(4, 8), generator);

        // One mixed batch of labelled and strongly changed images was seen, and nothing more.
        Assert.Equal(1, _network.Tensors()["base.bn1.num_batches_tracked"].ToInt64());
        Assert.True(_network.training);
    }

    [Fact]
    public void A_discarded_image_counts_in_the_mean_over_the_whole_batch()
    {
        _network.train();
        var discardAll = new SafeMedSslAlgorithm(10, new SafetyFilterOptions(UncertaintyLimit: 0));
        using var generator = new Generator(1);

        var loss = discardAll.Step(_network, Images(0, 4), tensor(new long[] { 0, 1, 0, 1 }), Images(4, 8), generator);

        Assert.Equal(0, loss.Unlabelled!.ToDouble());
        Assert.Equal(new FilterLedger(0, 8, 0), loss.Ledger);
    }

    [Fact]
    public void FixMatch_takes_all_above_its_threshold_fully_and_none_below()
    {
        _network.train();
        using var generator = new Generator(1);
        var labels = tensor(new long[] { 0, 1, 0, 1 });

        var none = new FixMatchAlgorithm(1.01).Step(_network, Images(0, 4), labels, Images(4, 8), generator);
        var all = new FixMatchAlgorithm(0).Step(_network, Images(0, 4), labels, Images(4, 8), generator);

        Assert.Equal((0L, 8L), (none.Ledger.Accepted, none.Ledger.Rejected));
        Assert.Equal((8L, 0L, 8.0), (all.Ledger.Accepted, all.Ledger.Rejected, all.Ledger.WeightSum));
        Assert.True(all.Unlabelled!.ToDouble() > 0);
    }

    [Fact]
    public void No_gradient_flows_through_a_pseudo_label()
    {
        _network.train();
        using var generator = new Generator(1);
        var loss = new SafeMedSslAlgorithm(10, new SafetyFilterOptions()).Step(_network, Images(0, 4), tensor(new long[] { 0, 1, 0, 1 }), Images(4, 8), generator);

        Assert.True(loss.Unlabelled!.requires_grad);
        loss.Unlabelled.backward();
        Assert.True(_network.Tensors()["base.conv1.weight"].grad is { } gradient && gradient.abs().sum().ToDouble() > 0);
    }

    [Fact]
    public void In_bfloat16_a_step_has_the_same_loss_but_for_rounding()
    {
        var exact = Loss(ScalarType.Float32);
        var rounded = Loss(ScalarType.BFloat16);

        Assert.NotEqual(exact, rounded);
        Assert.Equal(exact, rounded, exact * 0.02);
    }

    private double Loss(ScalarType type)
    {
        using var network = new ResNet18(2, seed: 3) { ComputeType = type };
        using var generator = new Generator(1);
        network.train();
        var loss = new SafeMedSslAlgorithm(10, new SafetyFilterOptions()).Step(network, Images(0, 8), tensor(Enumerable.Range(0, 8).Select(i => (long)Cells.ClassOf(i)).ToArray()), Images(8, 8), generator);
        return (loss.Supervised + loss.Unlabelled!).ToDouble();
    }

    private Tensor Images(int start, int count) => _pixels.Gather([.. Enumerable.Range(start, count)]);
}
