using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Networks;
using SafeMedLabel.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Tests.Training;

public sealed class ContrastivePretrainerTests : IDisposable
{
    private readonly PixelStore _pixels = Cells.Draw(64);
    private readonly DisposeScope _scope = NewDisposeScope();

    private static int[] All { get; } = [.. Enumerable.Range(0, 24)];

    public void Dispose()
    {
        _scope.Dispose();
        _pixels.Dispose();
    }

    [Fact]
    public void The_loss_is_the_chance_of_finding_the_partner_among_all_others()
    {
        // Two images; views of one are alike, of different ones at right angles: ln(1 + 2·e^(−1/τ)).
        var alike = tensor(new float[] { 1, 0, 0, 2, 3, 0, 0, 1 }, [4, 2]);
        var confused = tensor(new float[] { 1, 0, 0, 2, 0, 1, 3, 0 }, [4, 2]);

        Assert.Equal(Math.Log(1 + (2 * Math.Exp(-2))), ContrastivePretrainer.ContrastiveLoss(alike, 0.5).ToDouble(), 1e-5);
        Assert.Equal(Math.Log(2 + Math.Exp(2)), ContrastivePretrainer.ContrastiveLoss(confused, 0.5).ToDouble(), 1e-5);
    }

    [Fact]
    public void Pre_training_learns_to_find_an_images_other_view()
    {
        // Each image has a hue of its own, which no change of brightness, contrast or saturation takes from it.
        var bytes = new byte[16 * Cells.Size * Cells.Size * 3];
        for (var i = 0; i < bytes.Length; i++)
        {
            var (image, channel) = (i / (Cells.Size * Cells.Size * 3), i % 3);
            bytes[i] = (byte)(128 + (100 * Math.Cos(Math.Tau * ((image / 16.0) + (channel / 3.0)))));
        }

        using var hues = new PixelStore(bytes, Cells.Size);
        var losses = new List<double>();
        var pretrainer = new ContrastivePretrainer(hues, [.. Enumerable.Range(0, 16)], new TrainingOptions { Seed = 3 });
        pretrainer.Progressed += step => losses.Add(step.Loss);
        pretrainer.Train(60, TestContext.Current.CancellationToken).Dispose();

        Assert.Equal(60, losses.Count);
        Assert.True(losses[^10..].Average() < losses[..10].Average() - 0.3, string.Join(' ', losses));
    }

    [Fact]
    public void Pre_training_repeats_itself_and_gives_a_backbone_without_a_head()
    {
        using var first = new ContrastivePretrainer(_pixels, All, new TrainingOptions { Seed = 3 }).Train(2, TestContext.Current.CancellationToken);
        using var second = new ContrastivePretrainer(_pixels, All, new TrainingOptions { Seed = 3 }).Train(2, TestContext.Current.CancellationToken);
        using var network = new ResNet18(2, seed: 1);
        var head = network.Tensors()["base.fc.1.weight"].clone();
        first.CopyTo(network);
        var stem = network.Tensors()["base.conv1.weight"].clone();
        second.CopyTo(network);

        Assert.True(stem.equal(network.Tensors()["base.conv1.weight"]).all().ToBoolean());
        Assert.True(head.equal(network.Tensors()["base.fc.1.weight"]).all().ToBoolean());
    }

    [Fact]
    public void A_training_that_pre_trains_goes_on_after_an_interruption_without_doing_so_again()
    {
        using var folder = new Testing.TemporaryFolder();
        var (path, options) = (folder.File("training.checkpoint"), new TrainingOptions { PretrainEpochs = 1, Epochs = 2, MinimumSteps = 2, BatchSize = 8 });
        var data = Cells.Data(_pixels, 24, 24);
        using var straight = new Trainer(options, data).Train(cancellationToken: TestContext.Current.CancellationToken);
        using var stop = new CancellationTokenSource();
        var stopped = new Trainer(options, data);
        var first = new List<int>();
        stopped.Progressed += step => first.Add(step.Epoch);
        stopped.EpochFinished += _ => stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => stopped.Train(path, stop.Token));

        var resumed = new Trainer(options, data);
        var epochs = new List<int>();
        resumed.Progressed += step => epochs.Add(step.Epoch);
        using var network = resumed.Train(path, TestContext.Current.CancellationToken);

        Assert.Equal([0, 1], first.Distinct());
        Assert.Equal([2], epochs.Distinct());
        Assert.All(straight.Tensors(), t => Assert.True(t.Value.equal(network.Tensors()[t.Key]).all().ToBoolean(), t.Key));
        Assert.Equal("SimCLR, 1 epochs", resumed.Describe(network, ["a", "b"], "test").InitialWeights);
    }
}
