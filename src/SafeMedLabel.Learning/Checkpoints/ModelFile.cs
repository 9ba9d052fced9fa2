using System.Security.Cryptography;
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
    private const string TrainedOnKey = "safemed.trained-on";

    // For people to read: names of classes keep their letters.
    private static readonly JsonSerializerOptions ForPeople = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // A card may come from anywhere: nothing in it is missing, null or there twice unknowingly.
    private static readonly JsonSerializerOptions Strict = new() { RespectNullableAnnotations = true, AllowDuplicateProperties = false };

    // Of cards, those of earlier versions lack what was added since; of records there is one version.
    private static readonly JsonSerializerOptions Whole = new(Strict) { RespectRequiredConstructorParameters = true };

    /// <summary>Writes model and card; each appears whole or not at all.</summary>
    public static void Save(string path, ResNet18 network, ModelCard card)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(card, ForPeople);
        SafeTensors.Write(path, network.Tensors(), new Dictionary<string, string>
        {
            ["format"] = "pt",
            [CardKey] = JsonSerializer.Serialize(card),
            [TrainedOnKey] = JsonSerializer.Serialize(card.TrainedOn.Store()),
        });
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
            network.Load(TensorFile.Read(path, shapes => StateDict.RequireFit(shapes, network.Tensors())));
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
    /// <param name="path">The file.</param>
    /// <param name="hash">SHA-256 that the file must have, in hexadecimal; null where nothing is known of it.</param>
    /// <exception cref="InvalidDataException">The file is no model of this program, or has another hash; one sentence says why.</exception>
    public static (ResNet18 Network, ModelCard Card) Load(string path, string? hash = null)
    {
        Native.LibTorch.EnsureLoaded();
        using Stream file = hash is null ? Open(path) : ReadSealed(path, hash);
        var card = ReadCard(file);
        var network = new ResNet18(card.ClassNames.Count);
        try
        {
            using var scope = NewDisposeScope();
            file.Position = 0;
            network.Load(SafeTensors.Read(file, shapes => StateDict.RequireFit(shapes, network.Tensors())).Tensors);
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
        using var file = Open(path);
        return ReadCard(file);
    }

    /// <summary>What the weights of a file were trained on: of a model of this program what it says, of other weights nothing.</summary>
    /// <exception cref="InvalidDataException">The file is damaged; one sentence.</exception>
    internal static TrainingRecord ReadTrainedOn(string path)
    {
        using var file = Open(path);
        return !TensorFile.IsZip(file, path) && SafeTensors.ReadMetadata(file).ContainsKey(CardKey) ? ReadCard(path).TrainedOn : TrainingRecord.Unknown;
    }

    private static FileStream Open(string path) =>
        File.Exists(path) ? File.OpenRead(path) : throw new InvalidDataException($"There is no model file '{path}'.");

    /// <summary>The file in memory: what was hashed is what is used, whoever writes to the file meanwhile.</summary>
    private static MemoryStream ReadSealed(string path, string hash)
    {
        using var file = Open(path);
        if (file.Length > TensorBounds.MaximumBytes)
        {
            throw new InvalidDataException($"The model file takes {file.Length:n0} bytes; at most {TensorBounds.MaximumBytes:n0} are read.");
        }

        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return Convert.ToHexStringLower(SHA256.HashData(bytes)).Equals(hash, StringComparison.OrdinalIgnoreCase)
            ? new MemoryStream(bytes, writable: false)
            : throw new InvalidDataException(
                "The model file is not the one that was asked for: its SHA-256 is another, so that its weights or its card were changed.");
    }

    private static ModelCard ReadCard(Stream file)
    {
        var metadata = SafeTensors.ReadMetadata(file);
        if (!metadata.TryGetValue(CardKey, out var json))
        {
            throw new InvalidDataException("The file holds tensors but no card of this program: it does not say which classes they tell apart.");
        }

        try
        {
            var card = JsonSerializer.Deserialize<ModelCard>(json, Strict) ?? throw new JsonException("The card is empty.");
            return card.Problem() is { } problem
                ? throw new InvalidDataException($"The model's card cannot be believed: {problem}")
                : card with { TrainedOn = TrainedOn(metadata) };
        }
        catch (Exception malformed) when (malformed is JsonException or ArgumentException or FormatException
            or InvalidOperationException or NotSupportedException)
        {
            throw new InvalidDataException("The model's card is damaged.", malformed);
        }
    }

    /// <exception cref="JsonException">The record is damaged.</exception>
    /// <exception cref="InvalidDataException">It is cut short.</exception>
    private static TrainingRecord TrainedOn(IReadOnlyDictionary<string, string> metadata) => metadata.TryGetValue(TrainedOnKey, out var json)
        ? TrainingRecord.Read(JsonSerializer.Deserialize<TrainingRecord.Stored>(json, Whole) ?? throw new JsonException("The record is empty."))
        : TrainingRecord.Unknown;
}
