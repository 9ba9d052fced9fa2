namespace SafeMedLabel.Application.Persistence;

/// <summary>A row that two people may change at once; the second to save is told so instead of overwriting the first.</summary>
public interface IVersioned
{
    /// <summary>Changes at every save; the concurrency token.</summary>
    Guid Version { get; set; }
}
