namespace SafeMedLabel.Application.Labelling;

/// <summary>What a reader had seen of the model's opinion when they answered. Only unaided answers say how good the model is.</summary>
public enum Aid
{
    /// <summary>Nothing.</summary>
    Unaided,

    /// <summary>The class was proposed, for a grid of images, and the reader let it stand.</summary>
    Prompted,

    /// <summary>They had answered, saw what the model says, and answered once more.</summary>
    Revealed,
}
