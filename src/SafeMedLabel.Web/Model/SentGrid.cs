using SafeMedLabel.Application.Labelling;

namespace SafeMedLabel.Web.Model;

/// <summary>What is said of a grid, as the browser sends it.</summary>
/// <param name="ClassIndex">The proposed class.</param>
/// <param name="Confirmed">Images of that class.</param>
/// <param name="Exceptions">The others.</param>
/// <param name="ElapsedMilliseconds">How long the grid was looked at, pauses not counted.</param>
/// <param name="ClientKey">Made once per grid; sent again unchanged on a retry.</param>
public sealed record SentGrid(int ClassIndex, IReadOnlyList<Guid> Confirmed, IReadOnlyList<Guid> Exceptions, int ElapsedMilliseconds, Guid ClientKey)
{
    /// <summary>Images of that class.</summary>
    public IReadOnlyList<Guid> Confirmed { get; } = Confirmed ?? [];

    /// <summary>The others.</summary>
    public IReadOnlyList<Guid> Exceptions { get; } = Exceptions ?? [];

    /// <summary>The grid as its reader's.</summary>
    public GridRequest By(string readerId, int projectId) => new(projectId, readerId, ClassIndex, Confirmed, Exceptions, ElapsedMilliseconds, ClientKey);
}
