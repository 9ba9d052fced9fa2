using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Acquisition;

namespace SafeMedLabel.Application.Live;

/// <summary>Tensors of the live ranking, as seen from here; as <see cref="IModelTrainer"/> of rounds. Calls block; the caller gives each a thread of its own.</summary>
public interface ILiveLearner
{
    /// <summary>SHA-256 of the weights whose backbone reads images before there is a model of the project's own.</summary>
    string FirstBackbone { get; }

    /// <summary>What a backbone sees in images: <see cref="ImageFeatures.Bytes"/> bytes each, one after the other.</summary>
    /// <param name="modelPath">The model whose backbone it is; null for <see cref="FirstBackbone"/>.</param>
    /// <param name="pixels">The images.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidDataException">The weights cannot be used; one sentence.</exception>
    byte[] ReadFeatures(string? modelPath, PixelSource pixels, int count, CancellationToken cancellationToken);

    /// <summary>Gives the memory that reading took back to the system: images may be read again only days later.</summary>
    void GiveMemoryBack();

    /// <summary>Trains a head on the labelled images' features and asks it about the others.</summary>
    /// <param name="task">What to learn from and what to ask about.</param>
    /// <param name="read">Hears of each image of the pool.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Class probabilities of the validation images, row-major.</returns>
    /// <exception cref="InvalidDataException">The file of features is damaged; one sentence.</exception>
    double[] Rank(LiveTask task, PassesReader read, CancellationToken cancellationToken);
}

/// <summary>A live ranking's data: rows of the file of features. The same task gives the same ranking.</summary>
public sealed record LiveTask
{
    /// <summary>The file of features.</summary>
    public required string FeaturesPath { get; init; }

    /// <summary>K, 2 or more.</summary>
    public required int Classes { get; init; }

    /// <summary>Labelled images.</summary>
    public required IReadOnlyList<int> Labelled { get; init; }

    /// <summary>Their classes.</summary>
    public required IReadOnlyList<int> Labels { get; init; }

    /// <summary>Images to rank.</summary>
    public required IReadOnlyList<int> Pool { get; init; }

    /// <summary>Images to measure on, of patients of whom no label is learned.</summary>
    public required IReadOnlyList<int> Validation { get; init; }

    /// <summary>MC-Dropout passes.</summary>
    public required int Passes { get; init; }

    /// <summary>Seed of everything random.</summary>
    public required long Seed { get; init; }
}
