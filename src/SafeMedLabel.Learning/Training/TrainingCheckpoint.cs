using System.Text.Json;
using SafeMedLabel.Learning.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Training;

/// <summary>
/// All that a training needs to go on after an epoch: weights, the teacher's, the kept epoch's, velocities and the epochs' figures. No
/// generator's state: each epoch draws from its own, which follows from the seed.
/// </summary>
internal sealed record TrainingCheckpoint(string Recipe, IReadOnlyList<EpochSummary> Epochs, int KeptEpoch)
{
    private const string MetadataKey = "training";

    /// <summary>Replaces the file at once; a kill leaves the old or the new one.</summary>
    public void Save(string path, TrainingState state)
    {
        var tensors = state.Parts()
            .SelectMany(part => part.Tensors.Select(t => KeyValuePair.Create(part.Prefix + t.Key, t.Value)));
        SafeTensors.Write(path, tensors, new Dictionary<string, string> { [MetadataKey] = JsonSerializer.Serialize(this) });
    }

    /// <summary>
    /// Reads the file into <paramref name="state"/>; null where there is none, or it is of another recipe or damaged: then the state is as
    /// it was, and the training begins anew.
    /// </summary>
    public static TrainingCheckpoint? TryLoad(string path, string recipe, TrainingState state)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using var scope = NewDisposeScope();
            var (tensors, metadata) = SafeTensors.Read(path);
            if (!metadata.TryGetValue(MetadataKey, out var json) || JsonSerializer.Deserialize<TrainingCheckpoint>(json) is not { Epochs: not null } checkpoint
                || checkpoint.Recipe != recipe || checkpoint.Epochs.Any(epoch => epoch is null)
                || checkpoint.KeptEpoch < 1 || checkpoint.KeptEpoch > checkpoint.Epochs.Count)
            {
                return null;
            }

            var parts = state.Parts().Select(part => (From: WithPrefix(tensors, part.Prefix), To: part.Tensors)).ToList();
            parts.ForEach(part => StateDict.RequireFit(part.From, part.To));
            parts.ForEach(part => StateDict.Copy(part.From, part.To));
            return checkpoint;
        }
        catch (Exception damaged) when (damaged is InvalidDataException or JsonException)
        {
            return null;
        }
    }

    private static Dictionary<string, Tensor> WithPrefix(IReadOnlyDictionary<string, Tensor> tensors, string prefix) =>
        tensors.Where(t => t.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(t => t.Key[prefix.Length..], t => t.Value);
}
