namespace SafeMedLabel.Application.Exports;

/// <summary>Writes images, one by one, in some form. Disposing of it writes what stands at the end.</summary>
internal interface ILabelWriter : IAsyncDisposable
{
    /// <summary>Writes one image and its readings.</summary>
    Task WriteAsync(ExportedImage image, CancellationToken cancellationToken);
}
