namespace SafeMedLabel.Application.Exports;

/// <summary>How the label of an image stands.</summary>
public enum LabelStanding
{
    /// <summary>Nobody has read it; a class may have come with it.</summary>
    Unread,

    /// <summary>Its class came with it, and readers were asked only to see how they read.</summary>
    Known,

    /// <summary>Its readers agree.</summary>
    Agreed,

    /// <summary>Its readers differ, and nobody has decided.</summary>
    Disputed,

    /// <summary>It cannot be read, its readers or an adjudicator say.</summary>
    Unreadable,

    /// <summary>An adjudicator decided.</summary>
    Decided,
}
