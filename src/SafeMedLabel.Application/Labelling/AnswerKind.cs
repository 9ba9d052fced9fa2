namespace SafeMedLabel.Application.Labelling;

/// <summary>What a reader said of an image.</summary>
public enum AnswerKind
{
    /// <summary>It is of a class.</summary>
    Label,

    /// <summary>Not now: the image goes to others first and comes back to this reader last.</summary>
    Skip,

    /// <summary>It cannot be read; it leaves the queue.</summary>
    Unreadable,

    /// <summary>The reader's last answer is taken back.</summary>
    Undo,
}
