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
        var tensors = Parts(network, optimizer, best)
            .SelectMany(part => part.Tensors.Select(t => KeyValuePair.Create(part.Prefix + t.Key, t.Value)));
        SafeTensors.Write(path, tensors, new Dictionary<string, string> { [MetadataKey] = JsonSerializer.Serialize(this) });
    }

    /// <summary>
    /// Reads the file into network, optimizer and best weights; null where there is none, or it is of another recipe or damaged:
    /// then all three are as they were, and the training begins anew.
    /// </summary>
    public static TrainingCheckpoint? TryLoad(string path, string recipe, ResNet18 network, MomentumSgd optimizer, IReadOnlyDictionary<string, Tensor> best)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using var scope = NewDisposeScope();
            var (tensors, metadata) = SafeTensors.Read(path);
            if (!metadata.TryGetValue(MetadataKey, out var json) || JsonSerializer.Deserialize<TrainingCheckpoint>(json) is not { } checkpoint
                || checkpoint.Recipe != recipe || checkpoint.BestEpoch < 1 || checkpoint.BestEpoch > checkpoint.Epochs.Count)
            {
                return null;
            }

            var parts = Parts(network, optimizer, best).Select(part => (From: WithPrefix(tensors, part.Prefix), To: part.Tensors)).ToList();
            parts.ForEach(part => StateDict.RequireFit(part.From, part.To));
            parts.ForEach(part => StateDict.Copy(part.From, part.To));
            return checkpoint;
        }
        catch (Exception damaged) when (damaged is InvalidDataException or JsonException)
        {
            return null;
        }
    }

    private static (string Prefix, IReadOnlyDictionary<string, Tensor> Tensors)[] Parts(
        ResNet18 network, MomentumSgd optimizer, IReadOnlyDictionary<string, Tensor> best) =>
        [("model.", network.Tensors()), ("best.", best), ("velocity.", optimizer.Velocities)];

    private static Dictionary<string, Tensor> WithPrefix(IReadOnlyDictionary<string, Tensor> tensors, string prefix) =>
        tensors.Where(t => t.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(t => t.Key[prefix.Length..], t => t.Value);
}
