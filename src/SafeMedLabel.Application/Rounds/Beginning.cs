namespace SafeMedLabel.Application.Rounds;

/// <summary>The weights that a round's training begins with.</summary>
public enum Beginning
{
    /// <summary>Random ones, as all rounds began before others came with the program.</summary>
    Random,

    /// <summary>Those of a network that has learned ImageNet's photographs; they come with the program.</summary>
    ImageNet,

    /// <summary>Those of the project's active model. <see cref="Round.BeginningRound"/> says which one a round began with.</summary>
    ActiveModel,

    /// <summary>Those of a file in the storage's folder of weights. <see cref="Round.BeginningFile"/> and its hash say which one a round began with.</summary>
    File,
}
