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

    /// <summary>The reader was shown what the model says of an image they had answered; the event's class is the model's.</summary>
    Reveal,

    /// <summary>The reader was told that an image they had answered is one of known class; their answer then stands.</summary>
    Told,
}
