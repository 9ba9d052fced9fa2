using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Safety;
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
    [InlineData("safemed-ssl-as-coded", "float32")]
    [InlineData("safemed-ssl-plus+teacher=0.9", "float32")]
    [InlineData("safemed-ssl", "bfloat16")]
    public void Every_method_learns_to_tell_cells_with_a_dot(string method, string precision)
    {
        var epochs = new List<EpochSummary>();
        var options = TrainingMethod.Parse(method, Options with { Precision = precision, Epochs = 6, MinimumSteps = 10, BatchSize = 16 });
        Requires.ArithmeticFor(options.ComputeType);
        using var network = Train(options, Cells.Data(_pixels, 24, 24), epochs);

        Assert.Equal(6, epochs.Count);
        Assert.InRange(epochs.Max(e => e.ValidationAccuracy!.Value), 0.9, 1);
        Assert.True(epochs[^1].SupervisedLoss < epochs[0].SupervisedLoss);
    }

    [Fact]
    public void Training_in_bfloat16_keeps_float32_weights_and_leaves_a_network_that_computes_in_float32()
    {
        Requires.ArithmeticFor(torch.ScalarType.BFloat16);
        using var network = Train(Options with { Precision = "bfloat16", Epochs = 1 }, Data);

        Assert.All(network.Tensors().Values.Where(t => t.is_floating_point()), t => Assert.Equal(torch.ScalarType.Float32, t.dtype));
        Assert.Equal(torch.ScalarType.Float32, network.ComputeType);
    }

    [Fact]
    public void The_filters_ledger_counts_every_unlabelled_image_of_an_epoch_once_per_batch()
    {
        var epochs = new List<EpochSummary>();
        using var network = Train(Options with { Epochs = 2 }, Cells.Data(_pixels, 24, 40), epochs);

        Assert.All(epochs, e => Assert.Equal(3 * 8, e.Ledger.Judged));
        Assert.All(epochs, e => Assert.InRange(e.Ledger.MeanWeight, 0, 0.818));
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

    [Theory]
    [InlineData("supervised")]
    [InlineData("safemed-ssl")]
    [InlineData("safemed-ssl-plus")]
    public void Frozen_batch_norm_keeps_the_statistics_that_the_training_begins_with_and_learns_all_else(string method)
    {
        using var begun = new ResNet18(2, Options.Seed);
        using var network = Train(TrainingMethod.Parse($"{method}+norm=frozen+rate=0.0001", Options), Data);

        var statistics = begun.Tensors().Keys.Where(
            name => name.Contains(".running_", StringComparison.Ordinal) || name.EndsWith("num_batches_tracked", StringComparison.Ordinal));
        Assert.Equal(statistics.Order(), Unchanged(begun, network));
    }

    [Fact]
    public void Without_a_learning_rate_for_the_backbone_only_the_head_learns()
    {
        using var begun = new ResNet18(2, Options.Seed);
        using var network = Train(TrainingMethod.Parse("supervised+backbone-rate=0+norm=frozen", Options), Data);

        Assert.Equal(begun.Tensors().Keys.Where(name => !ResNet18.IsOfHead(name)).Order(), Unchanged(begun, network));
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
    public void No_tensor_outlives_its_step_over_two_hundred_of_them()
    {
        var alive = new List<long>();
        var trainer = new Trainer(TrainingMethod.Parse("safemed-ssl-plus", Options with { Epochs = 4, MinimumSteps = 52, BatchSize = 4, LearningRate = 0.001 }), Data);
        trainer.Progressed += _ => alive.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        using var network = trainer.Train(cancellationToken: Cancellation);

        Assert.Equal(208, alive.Count);
        Assert.Single(alive.Skip(2).Distinct());
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
    public void A_precision_that_there_is_not_is_refused_with_those_that_there_are()
    {
        Assert.Equal(
            "There is no precision 'float8'; there are float32, bfloat16.",
            Assert.Throws<ArgumentException>(() => new Trainer(Options with { Precision = "float8" }, Data)).Message);
    }

    [Theory]
    [InlineData("safemed-ssl-plus")]
    [InlineData("safemed-ssl+limit=q0.5+balance=on")]
    [InlineData("safemed-ssl+patience=1+keep=lowestloss")]
    public void Whatever_the_pieces_a_training_that_was_stopped_goes_on_bit_for_bit(string method)
    {
        var (path, options) = (_folder.File("training.checkpoint"), TrainingMethod.Parse(method, Options with { Epochs = 4 }));
        var straightEpochs = new List<EpochSummary>();
        using var straight = Train(options, Data, straightEpochs);
        using var stop = new CancellationTokenSource();
        var stopped = new Trainer(options, Data);
        stopped.Progressed += step => Cancel(stop, step.Epoch == 2 && step.Step == 2);
        Assert.Throws<OperationCanceledException>(() => stopped.Train(path, stop.Token));

        var epochs = new List<EpochSummary>();
        using var network = Train(options, Data, epochs, path);

        Assert.True(Same(straight, network));
        Assert.Equal(straightEpochs.Select(e => e with { Seconds = 0 }), epochs.Select(e => e with { Seconds = 0 }));
    }

    [Fact]
    public void A_teacher_is_the_moving_average_of_the_weights_and_the_model_in_the_end()
    {
        using var student = Train(Options with { Epochs = 1 }, Data);
        using var teacher = Train(Options with { Epochs = 1, TeacherDecay = 0.9, UnlabelledWeight = 0 }, Data);
        using var untaught = Train(Options with { Epochs = 1, UnlabelledWeight = 0 }, Data);
        using var begun = new ResNet18(2, Options.Seed);

        static double Distance(ResNet18 a, ResNet18 b) => (a.Tensors()["base.conv1.weight"] - b.Tensors()["base.conv1.weight"]).norm().ToDouble();
        Assert.False(Same(student, untaught));
        Assert.InRange(Distance(teacher, begun), double.Epsilon, Distance(untaught, begun));
    }

    [Fact]
    public void A_training_without_improvement_ends_early_and_keeps_the_best_epoch()
    {
        var epochs = new List<EpochSummary>();
        // At this rate nothing is learned: the first epoch's loss is beaten or not by rounding alone.
        var options = Options with { Epochs = 30, LearningRate = 1e-12, Patience = 2, Keep = EpochChoice.LowestLoss };
        using var network = Train(options, Data, epochs);

        Assert.InRange(epochs.Count, 3, 29);
        var best = epochs.Min(e => e.ValidationLoss);
        Assert.All(epochs.TakeLast(2), e => Assert.NotEqual(best, e.ValidationLoss));
    }

    [Fact]
    public void The_last_epoch_is_kept_where_asked_for_whatever_validation_says()
    {
        using var last = Train(Options with { Keep = EpochChoice.Last }, Data);
        using var unvalidated = Train(Options, Data with { Validation = [], ValidationLabels = [] });

        Assert.True(Same(last, unvalidated));
    }

    [Fact]
    public void The_ledger_knows_the_true_error_of_pseudo_labels_and_knowing_it_changes_nothing()
    {
        var (seen, epochs) = (new List<EpochSummary>(), new List<EpochSummary>());
        using var blind = Train(Options, Data, seen);
        using var known = Train(Options, Data with { UnlabelledTruth = [.. Data.Unlabelled.Select(Cells.ClassOf)] }, epochs);
        using var lied = Train(Options, Data with { UnlabelledTruth = [.. Data.Unlabelled.Select(row => 1 - Cells.ClassOf(row))] });

        Assert.True(Same(blind, known) && Same(blind, lied));
        Assert.All(seen, e => Assert.Equal(0, e.Ledger.AcceptedWrong + e.Ledger.RejectedWrong));
        Assert.All(epochs, e => Assert.InRange(e.Ledger.AcceptedWrong, 0, e.Ledger.Accepted));
        Assert.Contains(epochs, e => e.Ledger.AcceptedWrong > 0);
    }

    [Fact]
    public void What_the_filter_made_of_audited_images_is_kept_of_each_epoch_and_keeping_it_changes_nothing()
    {
        var (seen, epochs) = (new List<EpochSummary>(), new List<EpochSummary>());
        var data = Cells.Data(_pixels, 24, 24) with { UnlabelledTruth = [.. Enumerable.Range(24, 24).Select(Cells.ClassOf)] };
        var options = TrainingMethod.Parse("safemed-ssl+limit=q0.5+weight=hard", Options);
        using var blind = Train(options, data, seen);
        using var audited = Train(options, data with { Audited = 24 }, epochs);

        Assert.True(Same(blind, audited));
        Assert.All(seen, e => Assert.Empty(e.Audited));
        // Three steps of eight: each unlabelled image has one pseudo-label an epoch.
        Assert.All(epochs, e => Assert.Equal(e.Ledger with { WeightSum = 0 }, PseudoLabelTrace.FromBytes(e.Audited).Against(data.UnlabelledTruth!.Index())));
        Assert.Contains(epochs, e => e.Ledger is { Accepted: > 0, Uncertain: > 0 });
    }

    [Fact]
    public void The_temperature_is_set_on_the_calibration_images_and_makes_their_loss_no_greater()
    {
        var data = Data with { Validation = [.. Data.Validation.Take(12)], ValidationLabels = [.. Data.ValidationLabels.Take(12)], Calibration = [.. Data.Validation.Skip(12)], CalibrationLabels = [.. Data.ValidationLabels.Skip(12)], CalibrationPatients = Patients(Data.Validation.Count - 12) };
        var options = Options with { ScaleTemperature = true, Keep = EpochChoice.Last };
        var (scaling, leaving) = (new Trainer(options, data), new Trainer(options with { ScaleTemperature = false }, data));
        using var scaled = scaling.Train(cancellationToken: Cancellation);
        using var plain = leaving.Train(cancellationToken: Cancellation);

        Assert.True(Same(scaled, plain));
        Assert.Equal(1, plain.Temperature);
        Assert.NotEqual(1, scaled.Temperature);
        Assert.Equal(new Predictor(scaled, _pixels).Probabilities(data.Calibration, Cancellation)[0], scaling.Calibration!.Probabilities(0)[0], 1e-9);
        var (before, after) = (leaving.Describe(plain, ["a", "b"], "test").Calibration!, scaling.Describe(scaled, ["a", "b"], "test").Calibration!);
        Assert.True(after.NegativeLogLikelihood < before.NegativeLogLikelihood);
        Assert.Equal(before.Accuracy, after.Accuracy);
    }

    [Fact]
    public void A_card_tells_the_recipe_the_label_snapshot_and_what_the_model_does()
    {
        var trainer = new Trainer(Options, Data with { Validation = [.. Data.Validation.Take(12)], ValidationLabels = [.. Data.ValidationLabels.Take(12)], Calibration = [.. Data.Validation.Skip(12)], CalibrationLabels = [.. Data.ValidationLabels.Skip(12)], CalibrationPatients = Patients(Data.Validation.Count - 12) });
        using var network = trainer.Train(cancellationToken: Cancellation);
        var card = trainer.Describe(network, ["a", "b"], "test 1");

        Assert.Equal((Options, 24, 24, Cells.Size, "test 1"), (card.Options, card.Labelled, card.Unlabelled, card.ImageSize, card.Software));
        Assert.Equal(["0.80", "0.90", "0.95"], card.Thresholds.Keys);
        Assert.Equal((12, 12), (card.Validation!.Count, card.Calibration!.Count));
        var others = new Trainer(Options, Data with { Labels = [.. Data.Labels.Select(l => 1 - l)] });
        Assert.NotEqual(card.LabelHash, others.Describe(network, ["a", "b"], "test 1").LabelHash);
    }

    [Fact]
    public void Three_classes_are_learned_as_two_are()
    {
        // Which third of its square a cell's number falls in is no property of its pixels; that there are three outputs is what counts.
        int Class(int row) => row % 3;
        var data = Data with { Classes = 3, Labels = [.. Data.Labelled.Select(Class)], ValidationLabels = [.. Data.Validation.Select(Class)] };
        foreach (var method in TrainingMethod.Methods.Select(m => m.Name))
        {
            var epochs = new List<EpochSummary>();
            using var network = Train(TrainingMethod.Parse(method, Options with { Epochs = 1 }), data, epochs);
            Assert.Equal(data.Validation.Count * 3, new Predictor(network, _pixels).Probabilities(data.Validation, Cancellation).Length);
            Assert.True(double.IsFinite(epochs[0].SupervisedLoss));
        }
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
                Data with { Calibration = Data.Labelled, CalibrationLabels = Data.Labels, CalibrationPatients = Patients(Data.Labels.Count) },
                Data with { Calibration = Data.Validation, CalibrationLabels = Data.ValidationLabels, CalibrationPatients = Patients(Data.ValidationLabels.Count) },
                Data with { UnlabelledTruth = [0] },
                Data with { Validation = [], ValidationLabels = [], Calibration = Data.Validation, CalibrationLabels = Data.ValidationLabels },
            ],
            data => Assert.EndsWith(".", Assert.Throws<ArgumentException>(() => new Trainer(Options, data)).Message, StringComparison.Ordinal));
    }

    private static TrainingOptions Options { get; } = new() { Epochs = 3, BatchSize = 8, MinimumSteps = 3, Seed = 1 };

    private static string[] Patients(int images) => [.. Enumerable.Range(0, images).Select(i => $"P{i % 3}")];

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

    private static List<string> Unchanged(ResNet18 before, ResNet18 after)
    {
        using var scope = torch.NewDisposeScope();
        return [.. before.Tensors().Where(entry => entry.Value.equal(after.Tensors()[entry.Key]).all().ToBoolean()).Select(entry => entry.Key).Order()];
    }

    private static bool Same(ResNet18 a, ResNet18 b)
    {
        using var scope = torch.NewDisposeScope();
        return a.Tensors().All(entry => entry.Value.equal(b.Tensors()[entry.Key]).all().ToBoolean());
    }
}
