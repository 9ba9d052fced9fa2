using System.Text.Json;
using SafeMedLabel.Learning.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Checkpoints;

/// <summary>A model on disk: safetensors with PyTorch's keys, its card in the header and, for people, as JSON beside it.</summary>
public static class ModelFile
{
    private const string CardKey = "safemed";

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    /// <summary>Writes model and card.</summary>
    public static void Save(string path, ResNet18 network, ModelCard card)
    {
        var json = JsonSerializer.Serialize(card, Json);
        SafeTensors.Write(path, network.Tensors(), new Dictionary<string, string> { ["format"] = "pt", [CardKey] = json });
        AtomicFile.Write(Path.ChangeExtension(path, ".json"), stream =>
        {
            using var writer = new StreamWriter(stream);
            writer.Write(json);
        });
    }

    /// <summary>Reads a model, in evaluation mode, and its card.</summary>
    /// <exception cref="InvalidDataException">The file is no model of this program; one sentence says why.</exception>
    public static (ResNet18 Network, ModelCard Card) Load(string path)
    {
        var card = ReadCard(path);
        var network = new ResNet18(card.ClassNames.Count);
        using var scope = NewDisposeScope();
        network.Load(SafeTensors.Read(path).Tensors);
        network.eval();
        return (network, card);
    }

    /// <summary>Reads a model's card alone.</summary>
    /// <exception cref="InvalidDataException">The file is no model of this program; one sentence says why.</exception>
    public static ModelCard ReadCard(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidDataException($"There is no model file '{path}'.");
        }

        try
        {
            return SafeTensors.ReadMetadata(path).TryGetValue(CardKey, out var json) && JsonSerializer.Deserialize<ModelCard>(json) is { } card
                ? card
                : throw new InvalidDataException("The file holds tensors but no card of this program: it does not say which classes they tell apart.");
        }
        catch (JsonException malformed)
        {
            throw new InvalidDataException("The model's card is damaged.", malformed);
        }
    }
}
