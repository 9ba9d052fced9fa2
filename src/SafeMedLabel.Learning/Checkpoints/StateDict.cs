using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Checkpoints;

/// <summary>Tensors by name, copied all or not at all.</summary>
internal static class StateDict
{
    /// <summary>Makes sure that <paramref name="from"/> has just the names and shapes of <paramref name="to"/>.</summary>
    /// <exception cref="InvalidDataException">One sentence says which name is missing or unknown, or which shape differs.</exception>
    public static void RequireFit(IReadOnlyDictionary<string, Tensor> from, IReadOnlyDictionary<string, Tensor> to) =>
        RequireFit(from.ToDictionary(t => t.Key, t => t.Value.shape), to);

    /// <summary>Makes sure of the same by shapes that a file declares, before anything of it is read.</summary>
    /// <exception cref="InvalidDataException">One sentence says which name is missing or unknown, or which shape differs.</exception>
    public static void RequireFit(IReadOnlyDictionary<string, long[]> from, IReadOnlyDictionary<string, Tensor> to)
    {
        foreach (var (key, target) in to)
        {
            if (!from.TryGetValue(key, out var given))
            {
                throw new InvalidDataException($"The model lacks the tensor '{key}'.");
            }

            if (!target.shape.SequenceEqual(given))
            {
                throw new InvalidDataException($"The tensor '{key}' has the shape [{string.Join(", ", given)}]; [{string.Join(", ", target.shape)}] is needed.");
            }
        }

        if (from.Keys.FirstOrDefault(key => !to.ContainsKey(key)) is { } unknown)
        {
            throw new InvalidDataException($"The tensor '{unknown}' belongs to another network: this one has no such part.");
        }
    }

    /// <summary>Copies the values of tensors that fit.</summary>
    public static void Copy(IReadOnlyDictionary<string, Tensor> from, IReadOnlyDictionary<string, Tensor> to)
    {
        using var noGradient = no_grad();
        foreach (var (key, target) in to)
        {
            target.copy_(from[key]);
        }
    }
}
