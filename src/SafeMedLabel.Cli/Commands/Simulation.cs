using System.Diagnostics;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Experiments;
using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Inference;
using SafeMedLabel.Learning.Live;
using SafeMedLabel.Learning.Networks;
using SafeMedLabel.Learning.Training;
using TorchSharp;

namespace SafeMedLabel.Cli.Commands;

/// <summary>The size of a simulated loop.</summary>
/// <param name="Rounds">1 or more.</param>
/// <param name="Initial">Labels before the first round, 2 or more.</param>
/// <param name="Query">Labels that each further round asks for, 1 or more.</param>
internal sealed record LoopOptions(int Rounds, int Initial, int Query)
{
    /// <exception cref="ArgumentException">A number is too small.</exception>
    public void Validate()
    {
        if (Rounds < 1 || Initial < 2 || Query < 1)
        {
            throw new ArgumentException("A simulation has at least one round, two initial labels and one label a query.");
        }
    }
}

/// <summary>
/// One active-learning loop: trains, measures on the test patients, asks for the labels of the images it would ask a reader about. Each training
/// begins with the same weights. Where the backbone is frozen, only the head is trained, as between two rounds of a project.
/// </summary>
internal sealed class Simulation(LoadedDataset data, PixelStore pixels, TrainingOptions options, InitialWeights? weights, LoopOptions loop, Query query, bool isFrozen)
{
    private const int Passes = 50;

    /// <summary>Labels after which a live head ranks anew.</summary>
    private const int LiveQuery = 10;

    private readonly ExperimentSplit _split = new(data, pixels, options.Seed);

    /// <summary>Self-supervised weights for all loops of a seed to begin with; no label changes them. Null where none are asked for.</summary>
    public static InitialWeights? Pretrain(LoadedDataset data, PixelStore pixels, TrainingOptions options, Action<string> report, CancellationToken cancellationToken)
    {
        if (options.PretrainEpochs == 0)
        {
            return null;
        }

        var pretrainer = new ContrastivePretrainer(pixels, new ExperimentSplit(data, pixels, options.Seed).Training, options);
        pretrainer.Progressed += step => report($"pre-training, epoch {step.Epoch}/{step.Epochs}, {step.ImagesPerSecond:0} images/s");
        return pretrainer.Train(options.PretrainEpochs, cancellationToken);
    }

    public List<SimulatedRound> Run(Action<double, string> report, CancellationToken cancellationToken)
    {
        if (_split.Test.Length == 0)
        {
            throw new ArgumentException("There are too few patients to hold any out for the test.");
        }

        _split.RequireStrange(weights);
        return isFrozen ? RunFrozen(report, cancellationToken) : RunWhole(report, cancellationToken);
    }

    private List<SimulatedRound> RunWhole(Action<double, string> report, CancellationToken cancellationToken)
    {
        var labelled = FirstLabels(cancellationToken);
        var rounds = new List<SimulatedRound>();
        for (var round = 1; round <= loop.Rounds; round++)
        {
            var clock = Stopwatch.StartNew();
            using var network = Train(labelled, round, report, cancellationToken);
            rounds.Add(Measure(_split.Predict(network, _split.Test, cancellationToken), round, labelled, clock));
            if (round < loop.Rounds)
            {
                labelled.AddRange(Ask(network, labelled, round, cancellationToken));
            }
        }

        return rounds;
    }

    private List<SimulatedRound> RunFrozen(Action<double, string> report, CancellationToken cancellationToken)
    {
        using var scope = torch.NewDisposeScope();
        int[] rows = [.. _split.Training, .. _split.Test];
        var place = rows.Index().ToDictionary(i => i.Item, i => i.Index);
        using var network = Untrained();
        using var store = new FeatureStore(FeatureStore.Pack(new Predictor(network, pixels, Predictor.FastType).Features(rows, cancellationToken)));
        using var features = new LiveFeatures(store);
        var labelled = FirstLabels(cancellationToken);
        var rounds = new List<SimulatedRound>();
        for (var round = 1; round <= loop.Rounds; round++)
        {
            report((double)round / loop.Rounds, $"round {round}/{loop.Rounds}, {labelled.Count} labels");
            var clock = Stopwatch.StartNew();
            using (var head = TrainHead(features, place, labelled, options.Seed + round, cancellationToken))
            {
                var probabilities = head.Probabilities([.. _split.Test.Select(row => place[row])], cancellationToken);
                rounds.Add(Measure(new PredictionSet(data.ClassNames.Count, _split.ClassesOf(_split.Test), probabilities), round, labelled, clock));
            }

            if (round < loop.Rounds)
            {
                labelled.AddRange(AskHead(features, place, labelled, query.IsLive ? LiveQuery : loop.Query, round, cancellationToken));
            }
        }

        return rounds;
    }

    private SimulatedRound Measure(PredictionSet predictions, int round, List<int> labelled, Stopwatch clock)
    {
        var measured = EvaluationReport.From(predictions, _split.PatientsOf(_split.Test));
        return new SimulatedRound(
            query.Name, options.Seed, round, labelled.Count, measured.Accuracy, measured.Auc, measured.SilentFailureRate, measured.Aurc,
            _split.PatientsOf(labelled).Distinct().Count(), clock.Elapsed.TotalSeconds);
    }

    private List<int> FirstLabels(CancellationToken cancellationToken) => [.. query.StartsTypical ? Typical(cancellationToken) : _split.Draw(loop.Initial)];

    /// <summary>The network as its training begins.</summary>
    private ResNet18 Untrained()
    {
        var network = new ResNet18(data.ClassNames.Count, options.Seed);
        weights?.CopyTo(network);
        network.to(pixels.Device);
        network.eval();
        return network;
    }

    /// <summary>The first labels by the features of the weights that the training begins with: no label is needed for them.</summary>
    private IEnumerable<int> Typical(CancellationToken cancellationToken)
    {
        _split.RequireTraining(loop.Initial);
        using var network = Untrained();
        // The fewest passes there can be: only how the images look is wanted.
        var likeness = new Predictor(network, pixels, Predictor.RankingType(pixels.Device)).ReadPool(_split.Training, passes: 2, options.Seed, cancellationToken: cancellationToken).Likeness;
        return TypicalImages.Choose([.. likeness.Chunk(Likeness.Length)], HashesOf(_split.Training), loop.Initial, (ulong)options.Seed).Select(i => _split.Training[i]);
    }

    private ResNet18 Train(List<int> labelled, int round, Action<double, string> report, CancellationToken cancellationToken)
    {
        var trainer = new Trainer(options with { PretrainEpochs = 0 }, _split.Label(labelled), weights);
        trainer.Progressed += step => report((round - 1 + step.Fraction) / loop.Rounds, $"round {round}/{loop.Rounds}, {labelled.Count} labels, {step.ImagesPerSecond:0} images/s");
        return trainer.Train(cancellationToken: cancellationToken);
    }

    private IEnumerable<int> Ask(ResNet18 network, List<int> labelled, int round, CancellationToken cancellationToken)
    {
        if (query.IsLive)
        {
            return AskLive(network, labelled, round, cancellationToken);
        }

        int[] pool = [.. _split.Training.Except(labelled)];
        var seed = options.Seed + round;
        var passes = new Predictor(network, pixels, Predictor.RankingType(network.Device)).StochasticPasses(pool, Passes, seed, cancellationToken: cancellationToken);
        var (hashes, width) = (HashesOf(pool), Passes * network.Classes);
        double[] scores = [.. hashes.Select((hash, i) => query.Score(new StochasticPasses(passes.AsSpan(i * width, width), Passes, network.Classes), hash, (ulong)seed))];
        return query.Choose(scores, hashes, loop.Query, (ulong)seed).Select(i => pool[i]);
    }

    /// <summary>A round's labels, a few at a time.</summary>
    private List<int> AskLive(ResNet18 network, List<int> labelled, int round, CancellationToken cancellationToken)
    {
        using var scope = torch.NewDisposeScope();
        var place = _split.Training.Index().ToDictionary(i => i.Item, i => i.Index);
        using var store = new FeatureStore(FeatureStore.Pack(new Predictor(network, pixels, Predictor.FastType).Features(_split.Training, cancellationToken)));
        using var features = new LiveFeatures(store);
        return AskHead(features, place, labelled, LiveQuery, round, cancellationToken);
    }

    /// <summary>A round's labels, so many at a time, each time by a head that knows all labels so far.</summary>
    private List<int> AskHead(LiveFeatures features, Dictionary<int, int> place, List<int> labelled, int step, int round, CancellationToken cancellationToken)
    {
        var known = new List<int>(labelled);
        for (var left = loop.Query; left > 0; left -= step)
        {
            var seed = options.Seed + round + known.Count;
            int[] pool = [.. _split.Training.Except(known)];
            var hashes = HashesOf(pool);
            var scores = new double[pool.Length];
            using var head = TrainHead(features, place, known, seed, cancellationToken);
            head.StochasticPasses(
                [.. pool.Select(row => place[row])], Passes, seed, (i, in own) => scores[i] = query.Score(in own, hashes[i], (ulong)seed), Predictor.FastType, cancellationToken);
            known.AddRange(query.Choose(scores, hashes, Math.Min(step, left), (ulong)seed).Select(i => pool[i]));
        }

        return known[labelled.Count..];
    }

    private LiveHead TrainHead(LiveFeatures features, Dictionary<int, int> place, List<int> labelled, long seed, CancellationToken cancellationToken) =>
        LiveHead.Train(features, [.. labelled.Select(row => place[row])], _split.ClassesOf(labelled), data.ClassNames.Count, seed, cancellationToken);

    private string[] HashesOf(int[] rows) => [.. rows.Select(row => data.Images[row].ContentHash)];
}
