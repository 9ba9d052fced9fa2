using System.Text.Encodings.Web;
using System.Text.Json;
using SafeMedLabel.Learning.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Checkpoints;

/// <summary>
/// A model on disk: safetensors with PyTorch's keys, its card in the header and, for people, as JSON beside it. The card in the
/// header is the one that is read, so that a copied or renamed model keeps it.
/// </summary>
public static class ModelFile
{
    private const string CardKey = "safemed";
    private const int MaximumClasses = 1000;
    private const int MaximumImageSize = 4096;

    // For people to read: names of classes keep their letters.
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes model and card; each appears whole or not at all.</summary>
    public static void Save(string path, ResNet18 network, ModelCard card)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(card, Json);
        SafeTensors.Write(path, network.Tensors(), new Dictionary<string, string> { ["format"] = "pt", [CardKey] = JsonSerializer.Serialize(card) });
        AtomicFile.Write(Path.ChangeExtension(path, ".json"), stream => stream.Write(json));
    }

    /// <summary>
    /// Makes a model of tensors that were trained elsewhere, e.g. by the published PyTorch code: a <c>.pth</c> or a safetensors file with
    /// that code's keys.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="classNames">What its outputs mean, in order.</param>
    /// <returns>The network, in evaluation mode.</returns>
    /// <exception cref="InvalidDataException">The file does not hold just the tensors of this network; one sentence says which.</exception>
    public static ResNet18 Import(string path, IReadOnlyList<string> classNames)
    {
        ArgumentNullException.ThrowIfNull(classNames);
        Native.LibTorch.EnsureLoaded();
        var network = new ResNet18(classNames.Count);
        try
        {
            using var scope = NewDisposeScope();
            network.Load(TensorFile.Read(path));
            network.eval();
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Reads a model, in evaluation mode, and its card.</summary>
    /// <exception cref="InvalidDataException">The file is no model of this program; one sentence says why.</exception>
    public static (ResNet18 Network, ModelCard Card) Load(string path)
    {
        Native.LibTorch.EnsureLoaded();
        var card = ReadCard(path);
        var network = new ResNet18(card.ClassNames.Count);
        try
        {
            using var scope = NewDisposeScope();
            network.Load(SafeTensors.Read(path).Tensors);
            (network.Temperature, network.TestViews) = (card.Temperature, card.TestViews);
            network.eval();
            return (network, card);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Reads a model's card alone.</summary>
    /// <exception cref="InvalidDataException">The file is no model of this program; one sentence says why.</exception>
    public static ModelCard ReadCard(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidDataException($"There is no model file '{path}'.");
        }

        if (!SafeTensors.ReadMetadata(path).TryGetValue(CardKey, out var json))
        {
            throw new InvalidDataException("The file holds tensors but no card of this program: it does not say which classes they tell apart.");
        }

        try
        {
            var card = JsonSerializer.Deserialize<ModelCard>(json);
            return card is { ClassNames.Count: >= 2 and <= MaximumClasses, ImageSize: >= 1 and <= MaximumImageSize, Temperature: > 0 and < double.PositiveInfinity, TestViews: >= 1 and <= Augmentation.Symmetries.Count }
                ? card
                : throw new InvalidDataException("The model's card names no usable classes, image size, temperature or number of views.");
        }
        catch (JsonException malformed)
        {
            throw new InvalidDataException("The model's card is damaged.", malformed);
        }
    }
}
