namespace SafeMedLabel.Application.Labelling;

/// <summary>What the queue has for a reader.</summary>
public enum QueueState
{
    /// <summary>There are images to read.</summary>
    Ready,

    /// <summary>All that remain are with colleagues.</summary>
    AllWithColleagues,

    /// <summary>This reader has read all they can; some images still want another reader.</summary>
    OthersToRead,

    /// <summary>Every image has its answer.</summary>
    Finished,

    /// <summary>The project has no images yet.</summary>
    Empty,

    /// <summary>Nothing can be stored at the moment, nor can who holds which image.</summary>
    Postponed,

    /// <summary>The reader has no right to read in this project, or no longer.</summary>
    Denied,
}

/// <summary>An image as a reader may know it: nothing that tells its class, its patient or the model's opinion.</summary>
/// <param name="Id">Random key of the image.</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="WasSkipped">True when this reader skipped it before.</param>
public sealed record QueueImage(Guid Id, int Width, int Height, bool WasSkipped);

/// <summary>A reader's images, the one to read first in front.</summary>
/// <param name="State">What the queue has.</param>
/// <param name="Images">Leased to the reader; empty unless <see cref="QueueState.Ready"/>.</param>
/// <param name="NextFreeUtc">When a colleague's lease ends first, where all are with colleagues.</param>
public sealed record QueueView(QueueState State, IReadOnlyList<QueueImage> Images, DateTime? NextFreeUtc) : IPostponable<QueueView>
{
    /// <inheritdoc />
    static QueueView IPostponable<QueueView>.Postponed(string reason) => new(QueueState.Postponed, [], null);

    /// <inheritdoc />
    static QueueView IPostponable<QueueView>.Denied(string reason) => new(QueueState.Denied, [], null);
}
