using System.Text.Json;
using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Training;

/// <summary>
/// All that a training needs to go on after an epoch: weights, the best epoch's weights, velocities and the epochs' figures. No
/// generator's state: each epoch draws from its own, which follows from the seed.
/// </summary>
internal sealed record TrainingCheckpoint(string Recipe, IReadOnlyList<EpochSummary> Epochs, int BestEpoch)
{
    private const string MetadataKey = "training";

    /// <summary>Replaces the file at once; a kill leaves the old or the new one.</summary>
    public void Save(string path, ResNet18 network, MomentumSgd optimizer, IReadOnlyDictionary<string, Tensor> best)
    {
        var tensors = network.Tensors().Select(t => KeyValuePair.Create("model." + t.Key, t.Value))
            .Concat(best.Select(t => KeyValuePair.Create("best." + t.Key, t.Value)))
            .Concat(optimizer.Velocities.Select(t => KeyValuePair.Create("velocity." + t.Key, t.Value)));
        SafeTensors.Write(path, tensors, new Dictionary<string, string> { [MetadataKey] = JsonSerializer.Serialize(this) });
    }

    /// <summary>Reads the file into network, optimizer and best weights; null where there is none, or it is of another recipe or damaged.</summary>
    public static TrainingCheckpoint? TryLoad(string path, string recipe, ResNet18 network, MomentumSgd optimizer, IReadOnlyDictionary<string, Tensor> best)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using var scope = NewDisposeScope();
            using var noGradient = no_grad();
            var (tensors, metadata) = SafeTensors.Read(path);
            if (!metadata.TryGetValue(MetadataKey, out var json) || JsonSerializer.Deserialize<TrainingCheckpoint>(json) is not { } checkpoint || checkpoint.Recipe != recipe)
            {
                return null;
            }

            network.Load(WithPrefix(tensors, "model."));
            foreach (var (key, tensor) in best)
            {
                tensor.copy_(tensors["best." + key]);
            }

            foreach (var (key, velocity) in optimizer.Velocities)
            {
                velocity.copy_(tensors["velocity." + key]);
            }

            return checkpoint;
        }
        catch (Exception damaged) when (damaged is InvalidDataException or KeyNotFoundException or JsonException)
        {
            return null;
        }
    }

    private static Dictionary<string, Tensor> WithPrefix(IReadOnlyDictionary<string, Tensor> tensors, string prefix) =>
        tensors.Where(t => t.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(t => t.Key[prefix.Length..], t => t.Value);
}
