namespace SafeMedLabel.Application.Predictions;

/// <summary>Asks a model about an image, somewhere else than in this process: tensors and pictures from strangers stay out of the server.</summary>
public interface IModelReader
{
    /// <summary>What a model says of an image.</summary>
    /// <param name="model">The model.</param>
    /// <param name="image">An image file of any kind that an import takes.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The reading; refused where the file is no usable image, postponed where the model cannot be asked now, or is not what its round made.</returns>
    Task<Result<ModelReading>> ReadAsync(SealedModel model, ReadOnlyMemory<byte> image, CancellationToken cancellationToken = default);
}
