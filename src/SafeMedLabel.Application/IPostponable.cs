namespace SafeMedLabel.Application;

/// <summary>
/// An outcome that can be: not now, where nothing is wrong with what was asked for and the same may succeed later; or: not by this person.
/// </summary>
/// <typeparam name="TSelf">The outcome.</typeparam>
public interface IPostponable<TSelf>
    where TSelf : IPostponable<TSelf>
{
    /// <summary>Not done yet, and why.</summary>
    static abstract TSelf Postponed(string reason);

    /// <summary>Not done, for whoever asks has no right to it.</summary>
    static abstract TSelf Denied(string reason);
}
