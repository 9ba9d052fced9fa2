namespace SafeMedLabel.Application.Requests;

/// <summary>What a client may ask for under a key of its own.</summary>
public enum RequestKind
{
    /// <summary>To store an answer.</summary>
    Answer,

    /// <summary>To store what a reader says after they saw what the model says.</summary>
    Revision,

    /// <summary>To store what was decided of an image.</summary>
    Decision,

    /// <summary>To store what was said of a grid.</summary>
    Grid,

    /// <summary>To start a round.</summary>
    Round,

    /// <summary>To start an import.</summary>
    Import,

    /// <summary>To start an export.</summary>
    Export,
}
