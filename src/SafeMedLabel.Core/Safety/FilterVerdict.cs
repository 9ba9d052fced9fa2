namespace SafeMedLabel.Core.Safety;

/// <summary>What the two layers of the safety filter made of a pseudo-label.</summary>
public enum FilterVerdict : byte
{
    /// <summary>It was not judged.</summary>
    None,

    /// <summary>The first layer stopped it: the passes disagree too much.</summary>
    Uncertain,

    /// <summary>The second layer stopped it: its confidence is too low.</summary>
    Unsure,

    /// <summary>Both let it through.</summary>
    Accepted,
}
