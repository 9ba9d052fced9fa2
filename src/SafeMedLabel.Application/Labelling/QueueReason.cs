namespace SafeMedLabel.Application.Labelling;

/// <summary>Why a reader is shown an image. Not told before the answer: it could give away what the model thinks.</summary>
public enum QueueReason
{
    /// <summary>It was next in rank; before the first round, next in random order.</summary>
    Ranked,

    /// <summary>It was next in a live ranking, which follows the labels between two rounds.</summary>
    LiveRanked,

    /// <summary>Drawn at random from the whole pool, also from what the model is surest of: only so are its confident mistakes seen.</summary>
    Audit,

    /// <summary>Another has read it, and a reading independent of theirs is wanted.</summary>
    SecondReading,

    /// <summary>One of many that the model takes for the same class, to be confirmed at once.</summary>
    Grid,

    /// <summary>It was in such a grid, and its reader took it for an exception.</summary>
    GridException,

    /// <summary>Its class is known, and shows how reliably its reader reads.</summary>
    Gold,

    /// <summary>Its readers do not agree, and somebody has to decide.</summary>
    Adjudication,
}
