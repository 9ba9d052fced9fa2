namespace SafeMedLabel.Application.Accounts;

/// <summary>What a program may do with an API key, as far as its owner's role allows it.</summary>
[Flags]
public enum ApiScope
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Read projects, images, labels, rounds, models, imports and exports.</summary>
    Read = 1,

    /// <summary>Take images from the queue and answer.</summary>
    Label = 2,

    /// <summary>Start rounds, imports and exports.</summary>
    Manage = 4,

    /// <summary>Ask projects' active models about images.</summary>
    Predict = 8,
}
