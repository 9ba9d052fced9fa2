using SafeMedLabel.Core.Safety;
using SafeMedLabel.Core.Statistics;
using SafeMedLabel.Learning.Algorithms;
using SafeMedLabel.Learning.Augmentation;
using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Tests.Algorithms;

public sealed class AlgorithmTests : IDisposable
{
    private static readonly Views Views = new(AugmentationKind.Weak, AugmentationKind.Weak, AugmentationKind.Strong);

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
    public void Looking_at_the_pool_leaves_batch_norm_alone()
    {
        _network.train();
        using var generator = new Generator(1);
        var labels = tensor(new long[] { 0, 1, 0, 1 });
        var algorithm = new SafeMedSslAlgorithm(Views, 10, new SafetyFilterOptions());

        algorithm.Step(_network, _network, Images(0, 4), labels, Images(4, 8), generator);

        // One mixed batch of labelled and strongly changed images was seen, and nothing more.
        Assert.Equal(1, _network.Tensors()["base.bn1.num_batches_tracked"].ToInt64());
        Assert.True(_network.training);
    }

    [Fact]
    public void A_discarded_image_counts_in_the_mean_over_the_whole_batch()
    {
        _network.train();
        var discardAll = new SafeMedSslAlgorithm(Views, 10, new SafetyFilterOptions { Limit = FilterLimit.Constant(0) });
        using var generator = new Generator(1);

        var loss = discardAll.Step(_network, _network, Images(0, 4), tensor(new long[] { 0, 1, 0, 1 }), Images(4, 8), generator);

        Assert.Equal(0, loss.Unlabelled!.ToDouble());
        Assert.Equal(new FilterLedger(0, 8, 0, 0, 0, 0), loss.Pseudo!.Count(null));
    }

    [Fact]
    public void FixMatch_takes_all_above_its_threshold_fully_and_none_below()
    {
        _network.train();
        using var generator = new Generator(1);
        var labels = tensor(new long[] { 0, 1, 0, 1 });

        var none = new FixMatchAlgorithm(Views, 1.01).Step(_network, _network, Images(0, 4), labels, Images(4, 8), generator);
        var all = new FixMatchAlgorithm(Views, 0).Step(_network, _network, Images(0, 4), labels, Images(4, 8), generator);

        Assert.Equal(new FilterLedger(0, 0, 8, 0, 0, 0), none.Pseudo!.Count(null));
        Assert.Equal(new FilterLedger(8, 0, 0, 8, 0, 0), all.Pseudo!.Count(null));
        Assert.True(all.Unlabelled!.ToDouble() > 0);
    }

    [Fact]
    public void Pseudo_labels_come_from_the_teacher_and_gradients_go_to_the_student()
    {
        using var teacher = new ResNet18(2, seed: 4);
        teacher.eval();
        _network.train();
        var certain = new SafetyFilterOptions { Limit = FilterLimit.Off };
        Tensor Classes(ResNet18 asked)
        {
            using var generator = new Generator(1);
            return new SafeMedSslAlgorithm(Views, 10, certain).Step(_network, asked, Images(0, 8), tensor(new long[] { 0, 1, 0, 1, 0, 1, 0, 1 }), Images(8, 8), generator).Pseudo!.Classes;
        }

        // Heads by which one class always wins: the second for the teacher, the first for the student.
        using (no_grad())
        {
            teacher.Tensors()["base.fc.4.bias"][1] = 100;
            _network.Tensors()["base.fc.4.bias"][0] = 100;
        }

        Assert.Equal(8, Classes(teacher).sum().ToInt64());
        Assert.Equal(0, Classes(_network).sum().ToInt64());
        Assert.Null(teacher.Tensors()["base.conv1.weight"].grad);
        Assert.False(teacher.training);
    }

    [Fact]
    public void Distribution_alignment_keeps_a_favoured_class_from_taking_the_whole_pool()
    {
        using var pixels = Cells.Draw(64);
        var data = Cells.Data(pixels, 24, 24);
        using var teacher = new ResNet18(2, seed: 4);
        teacher.eval();
        using (no_grad())
        {
            teacher.Tensors()["base.fc.4.bias"][1] = 1;
        }

        long OfClassOne(bool align)
        {
            using var generator = new Generator(1);
            var algorithm = new SafeMedSslAlgorithm(Views, 10, new SafetyFilterOptions { Limit = FilterLimit.Off }, align);
            algorithm.BeginEpoch(teacher, data, new SeededRandom(1, "test"));
            return algorithm.Step(_network, teacher, Images(0, 2), tensor(new long[] { 0, 1 }), pixels.Gather([.. data.Unlabelled]), generator).Pseudo!.Classes.sum().ToInt64();
        }

        Assert.Equal(24, OfClassOne(align: false));
        Assert.InRange(OfClassOne(align: true), 1, 23);
    }

    [Fact]
    public void A_quantile_limit_grows_with_its_quantile_and_a_calibrated_one_keeps_a_network_of_random_weights_from_teaching()
    {
        using var pixels = Cells.Draw(240);
        var data = Cells.Data(pixels, 24, 160);
        _network.eval();
        double? Limit(string limit) => new SafeMedSslAlgorithm(Views, 10, new SafetyFilterOptions { Limit = FilterLimit.Parse(limit) }).BeginEpoch(_network, data, new SeededRandom(1, "test"));

        Assert.True(Limit("q0.1") < Limit("q0.5") && Limit("q0.5") < Limit("q0.9"));
        Assert.Equal(0, Limit("q0"));
        Assert.Null(Limit("q1"));
        Assert.Equal(0.2, Limit("0.2"));
        Assert.Null(Limit("off"));
        // It is wrong about half of the validation images.
        Assert.Equal(0, Limit("e0.05"));
        Assert.Null(Limit("e1"));
    }

    [Fact]
    public void The_method_as_it_was_coded_changes_no_image_and_updates_batch_norm_by_each_batch_it_sees()
    {
        _network.train();
        using var generator = new Generator(1);
        var loss = new AsCodedAlgorithm(10, new SafetyFilterOptions()).Step(_network, _network, Images(0, 4), tensor(new long[] { 0, 1, 0, 1 }), Images(4, 8), generator);

        Assert.Equal(3, _network.Tensors()["base.bn1.num_batches_tracked"].ToInt64());
        Assert.Equal(8, loss.Pseudo!.Count(null).Judged);
        Assert.True(loss.Unlabelled!.requires_grad && loss.Supervised.requires_grad);
    }

    [Fact]
    public void No_gradient_flows_through_a_pseudo_label()
    {
        _network.train();
        using var generator = new Generator(1);
        var loss = new SafeMedSslAlgorithm(Views, 10, new SafetyFilterOptions()).Step(_network, _network, Images(0, 4), tensor(new long[] { 0, 1, 0, 1 }), Images(4, 8), generator);

        Assert.True(loss.Unlabelled!.requires_grad);
        loss.Unlabelled.backward();
        Assert.True(_network.Tensors()["base.conv1.weight"].grad is { } gradient && gradient.abs().sum().ToDouble() > 0);
    }

    [Fact]
    public void In_bfloat16_a_step_has_the_same_loss_but_for_rounding()
    {
        Requires.ArithmeticFor(ScalarType.BFloat16);
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
        var loss = new SafeMedSslAlgorithm(Views, 10, new SafetyFilterOptions()).Step(network, network, Images(0, 8), tensor(Enumerable.Range(0, 8).Select(i => (long)Cells.ClassOf(i)).ToArray()), Images(8, 8), generator);
        return (loss.Supervised + loss.Unlabelled!).ToDouble();
    }

    private Tensor Images(int start, int count) => _pixels.Gather([.. Enumerable.Range(start, count)]);
}
