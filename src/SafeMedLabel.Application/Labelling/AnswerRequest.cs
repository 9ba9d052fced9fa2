using SafeMedLabel.Application.Requests;

namespace SafeMedLabel.Application.Labelling;

/// <summary>A reader's answer on its way to the database.</summary>
/// <param name="ProjectId">The project.</param>
/// <param name="ImageId">The image.</param>
/// <param name="ReaderId">The reader.</param>
/// <param name="Kind">Label, skip or unreadable.</param>
/// <param name="ClassIndex">The class of a label, 0-based.</param>
/// <param name="ElapsedMilliseconds">How long the image was looked at.</param>
/// <param name="ClientKey">Made once per answer; sent again unchanged on a retry.</param>
public sealed record AnswerRequest(int ProjectId, Guid ImageId, string ReaderId, AnswerKind Kind, int? ClassIndex, int ElapsedMilliseconds, Guid ClientKey)
{
    /// <summary>What the reader had seen of the model's opinion.</summary>
    public Aid Aid { get; init; }

    /// <summary>
    /// Whether the same answer sent again must say the same time too. A program sends its request as it was; on a page, what could not be stored is
    /// pressed again, and was looked at for longer then.
    /// </summary>
    public bool TimeCounts { get; init; }

    /// <summary>The request as its key belongs to it.</summary>
    internal KeyedRequest Keyed(RequestKind kind) => new(ClientKey, ReaderId, ProjectId, kind, ImageId, $"{Kind}", ClassIndex, TimeCounts ? ElapsedMilliseconds : null);
}

/// <summary>An answer as its reader gave it.</summary>
/// <param name="ImageId">The image.</param>
/// <param name="Kind">Label, skip or unreadable.</param>
/// <param name="ClassIndex">The class of a label.</param>
/// <param name="ElapsedMilliseconds">How long the image was looked at.</param>
public sealed record ReaderAnswer(Guid ImageId, AnswerKind Kind, int? ClassIndex, int ElapsedMilliseconds);

/// <summary>How far a project is.</summary>
/// <param name="PoolSize">Training images of the project.</param>
/// <param name="Labelled">Those that a reader gave a class.</param>
/// <param name="Unreadable">Those that a reader could not read.</param>
public sealed record LabellingProgress(int PoolSize, int Labelled, int Unreadable);
