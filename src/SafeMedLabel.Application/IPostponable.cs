namespace SafeMedLabel.Application;

/// <summary>An outcome that can be: not now. Nothing is wrong with what was asked for, and the same may succeed later.</summary>
/// <typeparam name="TSelf">The outcome.</typeparam>
public interface IPostponable<TSelf>
    where TSelf : IPostponable<TSelf>
{
    /// <summary>Not done yet, and why.</summary>
    static abstract TSelf Postponed(string reason);
}
