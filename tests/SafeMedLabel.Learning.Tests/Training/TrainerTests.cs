using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Inference;
using SafeMedLabel.Learning.Networks;
using SafeMedLabel.Learning.Training;
using SafeMedLabel.Testing;
using TorchSharp;

namespace SafeMedLabel.Learning.Tests.Training;

public sealed class TrainerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly PixelStore _pixels = Cells.Draw(72);

    public void Dispose()
    {
        _pixels.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("supervised", "float32")]
    [InlineData("fixmatch", "float32")]
    [InlineData("safemed-ssl", "float32")]
    [InlineData("safemed-ssl", "bfloat16")]
    public void Every_method_learns_to_tell_cells_with_a_dot(string method, string precision)
    {
        var epochs = new List<EpochSummary>();
        var options = Options with { Method = method, Precision = precision, Epochs = 6, MinimumSteps = 10, BatchSize = 16 };
        using var network = Train(options, Cells.Data(_pixels, 24, 24), epochs);

        Assert.Equal(6, epochs.Count);
        Assert.InRange(epochs.Max(e => e.ValidationAccuracy!.Value), 0.9, 1);
        Assert.True(epochs[^1].SupervisedLoss < epochs[0].SupervisedLoss);
    }

    [Fact]
    public void Training_in_bfloat16_keeps_float32_weights_and_leaves_a_network_that_computes_in_float32()
    {
        using var network = Train(Options with { Precision = "bfloat16", Epochs = 1 }, Data);

        Assert.All(network.Tensors().Values.Where(t => t.is_floating_point()), t => Assert.Equal(torch.ScalarType.Float32, t.dtype));
        Assert.Equal(torch.ScalarType.Float32, network.ComputeType);
    }

    [Fact]
    public void The_filters_ledger_counts_every_unlabelled_image_of_an_epoch_once_per_batch()
    {
        var epochs = new List<EpochSummary>();
        using var network = Train(Options with { Epochs = 2 }, Cells.Data(_pixels, 24, 40), epochs);

        Assert.All(epochs, e => Assert.Equal(3 * 8, e.Accepted + e.Rejected));
        Assert.All(epochs, e => Assert.InRange(e.MeanWeight, 0, 0.818));
    }

    [Fact]
    public void The_same_seed_trains_the_same_network_and_another_seed_another()
    {
        using var first = Train(Options, Data);
        using var again = Train(Options, Data);
        using var other = Train(Options with { Seed = 2 }, Data);

        Assert.True(Same(first, again));
        Assert.False(Same(first, other));
    }

    [Fact]
    public void A_training_that_was_stopped_and_goes_on_ends_as_one_that_was_not()
    {
        var path = _folder.File("training.checkpoint");
        using var straight = Train(Options, Data);
        using var stop = new CancellationTokenSource();
        var stopped = new Trainer(Options, Data);
        stopped.Progressed += step => Cancel(stop, step.Epoch == 2 && step.Step == 2);
        Assert.Throws<OperationCanceledException>(() => stopped.Train(path, stop.Token));

        var resumed = new Trainer(Options, Data);
        var (steps, epochs) = (new List<int>(), new List<int>());
        resumed.Progressed += step => steps.Add(step.Epoch);
        resumed.EpochFinished += epoch => epochs.Add(epoch.Epoch);
        using var network = resumed.Train(path, Cancellation);

        Assert.True(Same(straight, network));
        Assert.Equal([2, 3], steps.Distinct());
        Assert.Equal([1, 2, 3], epochs);
    }

    [Fact]
    public void A_checkpoint_of_another_recipe_is_not_continued()
    {
        var path = _folder.File("training.checkpoint");
        Train(Options with { Seed = 2 }, Data, path: path).Dispose();
        using var straight = Train(Options, Data);

        using var network = Train(Options, Data, path: path);

        Assert.True(Same(straight, network));
    }

    [Fact]
    public void A_damaged_checkpoint_begins_anew_instead_of_failing()
    {
        var path = _folder.File("training.checkpoint");
        Train(Options with { Epochs = 1 }, Data, path: path).Dispose();
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^100]);
        using var straight = Train(Options, Data);

        using var network = Train(Options, Data, path: path);

        Assert.True(Same(straight, network));
    }

    [Fact]
    public void No_tensor_outlives_its_step()
    {
        var alive = new List<long>();
        var trainer = new Trainer(Options, Data);
        trainer.Progressed += _ => alive.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        using var network = trainer.Train(cancellationToken: Cancellation);

        Assert.True(alive.Count >= 9);
        Assert.Equal(alive[2], alive[^1]);
    }

    [Fact]
    public void A_loss_that_is_no_number_ends_the_training_with_a_sentence()
    {
        var diverged = Assert.Throws<TrainingDivergedException>(() => Train(Options with { LearningRate = 10, WeightDecay = 1, Momentum = 0.99, Epochs = 50 }, Data));

        Assert.Contains("lower learning rate", diverged.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_best_epoch_on_validation_is_kept_and_the_last_without_validation()
    {
        var epochs = new List<EpochSummary>();
        using var network = Train(Options with { Epochs = 4 }, Data, epochs);
        var probabilities = new Predictor(network, _pixels).Probabilities(Data.Validation, Cancellation);
        Assert.Equal(epochs.Max(e => e.ValidationAccuracy), Metrics.Accuracy(new PredictionSet(2, Data.ValidationLabels, probabilities)));

        epochs.Clear();
        Train(Options, Data with { Validation = [], ValidationLabels = [] }, epochs).Dispose();
        Assert.All(epochs, e => Assert.Null(e.ValidationAccuracy));
    }

    [Fact]
    public void A_method_or_a_precision_that_there_is_not_is_refused_with_those_that_there_are()
    {
        Assert.Equal(
            "There is no method 'magic'; there are supervised, fixmatch, safemed-ssl.",
            Assert.Throws<ArgumentException>(() => new Trainer(Options with { Method = "magic" }, Data)).Message);
        Assert.Equal(
            "There is no precision 'float8'; there are float32, bfloat16.",
            Assert.Throws<ArgumentException>(() => new Trainer(Options with { Precision = "float8" }, Data)).Message);
    }

    [Fact]
    public void Data_that_cannot_be_trained_on_is_refused_with_a_sentence()
    {
        Assert.All<TrainingData>(
            [
                Data with { Labels = [.. Data.Labelled.Select(_ => 0)] },
                Data with { Labels = [.. Data.Labelled.Select(_ => 2)] },
                Data with { Labels = [0] },
                Data with { Unlabelled = [_pixels.Count] },
                Data with { Validation = Data.Labelled, ValidationLabels = Data.Labels },
            ],
            data => Assert.EndsWith(".", Assert.Throws<ArgumentException>(() => new Trainer(Options, data)).Message, StringComparison.Ordinal));
    }

    private static TrainingOptions Options { get; } = new() { Epochs = 3, BatchSize = 8, MinimumSteps = 3, Seed = 1 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private TrainingData Data => Cells.Data(_pixels, 24, 24);

    private static ResNet18 Train(TrainingOptions options, TrainingData data, List<EpochSummary>? epochs = null, string? path = null)
    {
        var trainer = new Trainer(options, data);
        trainer.EpochFinished += epoch => epochs?.Add(epoch);
        return trainer.Train(path, Cancellation);
    }

    private static void Cancel(CancellationTokenSource source, bool now)
    {
        if (now)
        {
            source.Cancel();
        }
    }

    private static bool Same(ResNet18 a, ResNet18 b)
    {
        using var scope = torch.NewDisposeScope();
        return a.Tensors().All(entry => entry.Value.equal(b.Tensors()[entry.Key]).all().ToBoolean());
    }
}
