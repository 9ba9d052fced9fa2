using SafeMedLabel.Application.Live;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Inference;
using SafeMedLabel.Learning.Live;
using SafeMedLabel.Learning.Native;
using SafeMedLabel.Learning.Networks;

namespace SafeMedLabel.Cli.Worker;

/// <summary>Live rankings' tensors: where Application's seam meets Learning.</summary>
internal sealed class LiveLearner : ILiveLearner
{
    /// <inheritdoc />
    public string FirstBackbone => InitialWeights.ImageNetHash;

    /// <inheritdoc />
    public byte[] ReadFeatures(string? modelPath, PixelSource pixels, int count, CancellationToken cancellationToken)
    {
        using var network = modelPath is null ? First() : ModelFile.Load(modelPath).Network;
        using var store = new PixelStore(pixels.Path, pixels.Size);
        using var features = new Predictor(network, store, Predictor.FastType).Features([.. Enumerable.Range(0, count)], cancellationToken);
        return FeatureStore.Pack(features);
    }

    /// <inheritdoc />
    public void GiveMemoryBack() => LibTorch.GiveMemoryBack();

    /// <inheritdoc />
    public double[] Rank(LiveTask task, PassesReader read, CancellationToken cancellationToken)
    {
        using var store = new FeatureStore(task.FeaturesPath);
        using var features = new LiveFeatures(store);
        using var head = LiveHead.Train(features, task.Labelled, task.Labels, task.Classes, task.Seed, cancellationToken);
        head.StochasticPasses(task.Pool, task.Passes, task.Seed, read, Predictor.FastType, cancellationToken);
        return head.Probabilities(task.Validation, cancellationToken);
    }

    /// <summary>A network of the weights that come with the program; its head is not asked.</summary>
    private static ResNet18 First()
    {
        using var weights = InitialWeights.ReadImageNet();
        var network = new ResNet18(classes: 2);
        weights.CopyTo(network);
        network.eval();
        return network;
    }
}
