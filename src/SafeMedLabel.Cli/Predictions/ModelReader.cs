using SafeMedLabel.Application.Files;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Predictions;
using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Inference;
using SafeMedLabel.Learning.Networks;

namespace SafeMedLabel.Cli.Predictions;

/// <summary>
/// Asks a model about pictures. The probabilities are those without dropout, as they are measured and as thresholds are set on; the passes tell
/// how uncertain the model is.
/// </summary>
internal sealed class ModelReader : IDisposable
{
    private const int Passes = 50;

    private readonly ResNet18 _network;

    /// <summary>Reads a model's file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="hash">SHA-256 that it must have; null where nothing is known of it.</param>
    /// <exception cref="InvalidDataException">The file is no model of this program, or has another hash; one sentence says why.</exception>
    /// <exception cref="IOException">It is no regular file.</exception>
    public ModelReader(string path, string? hash)
    {
        RegularFile.RequireAt(path);
        (_network, Card) = ModelFile.Load(path, hash);
    }

    /// <summary>What is known of the model.</summary>
    public ModelCard Card { get; }

    /// <summary>What it says of each picture. Pictures are small by then: thousands at a time are no matter.</summary>
    public IReadOnlyList<ModelReading> Read(IEnumerable<DecodedImage> pictures, CancellationToken cancellationToken)
    {
        byte[] memory = [.. pictures.SelectMany(picture => ImageResizer.ToTrainingPixels(picture, Card.ImageSize))];
        using var pixels = new PixelStore(memory, Card.ImageSize);
        int[] rows = [.. Enumerable.Range(0, pixels.Count)];
        var predictor = new Predictor(_network, pixels);
        var (classes, width) = (_network.Classes, Passes * _network.Classes);
        var probabilities = predictor.Probabilities(rows, cancellationToken);
        var passes = predictor.StochasticPasses(rows, Passes, seed: 0, cancellationToken: cancellationToken);
        return [.. rows.Select(i => new ModelReading(
            Card.ClassNames,
            probabilities[(i * classes)..((i + 1) * classes)],
            new StochasticPasses(passes.AsSpan(i * width, width), Passes, classes).Uncertainty()))];
    }

    /// <inheritdoc />
    public void Dispose() => _network.Dispose();
}
