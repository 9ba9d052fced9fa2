using SafeMedLabel.Application.Requests;

namespace SafeMedLabel.Application.Labelling;

/// <summary>What there is to read in grids.</summary>
public enum GridState
{
    /// <summary>There is a grid.</summary>
    Ready,

    /// <summary>The project reads every image alone.</summary>
    SwitchedOff,

    /// <summary>No round has proposed classes yet.</summary>
    NoRound,

    /// <summary>Nothing is left that may be read in a grid.</summary>
    Finished,

    /// <summary>Nothing can be stored at the moment, nor can who holds which image.</summary>
    Postponed,

    /// <summary>The reader has no right to read in this project, or no longer.</summary>
    Denied,
}

/// <summary>Images that the model takes for one class, leased to a reader.</summary>
/// <param name="State">What there is.</param>
/// <param name="ClassIndex">The class that is proposed for all of them.</param>
/// <param name="Images">The images: look-alikes of the first, which is the one that the model is surest of.</param>
public sealed record GridView(GridState State, int ClassIndex, IReadOnlyList<QueueImage> Images) : IPostponable<GridView>
{
    /// <inheritdoc />
    static GridView IPostponable<GridView>.Postponed(string reason) => new(GridState.Postponed, 0, []);

    /// <inheritdoc />
    static GridView IPostponable<GridView>.Denied(string reason) => new(GridState.Denied, 0, []);
}

/// <summary>What a reader says of a grid, on its way to the database.</summary>
/// <param name="ProjectId">The project.</param>
/// <param name="ReaderId">The reader.</param>
/// <param name="ClassIndex">The proposed class.</param>
/// <param name="Confirmed">Images of that class.</param>
/// <param name="Exceptions">Images that are not, or may not be: the reader gets them one by one.</param>
/// <param name="ElapsedMilliseconds">How long the grid was looked at.</param>
/// <param name="ClientKey">Made once per grid; sent again unchanged on a retry.</param>
public sealed record GridRequest(
    int ProjectId, string ReaderId, int ClassIndex, IReadOnlyList<Guid> Confirmed, IReadOnlyList<Guid> Exceptions, int ElapsedMilliseconds, Guid ClientKey)
{
    /// <summary>The request as its key belongs to it.</summary>
    internal KeyedRequest Keyed() => new(ClientKey, ReaderId, ProjectId, RequestKind.Grid, ClassIndex, Confirmed.Order().ToList(), Exceptions.Order().ToList());
}
