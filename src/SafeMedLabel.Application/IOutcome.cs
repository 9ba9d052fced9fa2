namespace SafeMedLabel.Application;

/// <summary>What came of something that was asked for.</summary>
public interface IOutcome
{
    /// <summary>True when it was done.</summary>
    bool Succeeded { get; }
}
