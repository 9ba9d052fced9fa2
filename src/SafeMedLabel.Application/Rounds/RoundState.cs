namespace SafeMedLabel.Application.Rounds;

/// <summary>Where a round stands.</summary>
public enum RoundState
{
    /// <summary>Waits for the worker.</summary>
    Queued,

    /// <summary>Decodes images to training pixels.</summary>
    Preparing,

    /// <summary>Trains.</summary>
    Training,

    /// <summary>Measures on the locked test set.</summary>
    Evaluating,

    /// <summary>Scores the pool and ranks the queue anew.</summary>
    Scoring,

    /// <summary>Done.</summary>
    Completed,

    /// <summary>Stopped by an error that <see cref="Round.Error"/> tells.</summary>
    Failed,

    /// <summary>Stopped by a person.</summary>
    Cancelled,
}

/// <summary>Questions about a state.</summary>
public static class RoundStates
{
    /// <summary>The states in which the worker has, or will have, something to do.</summary>
    public static IReadOnlyList<RoundState> Active { get; } =
        [RoundState.Queued, RoundState.Preparing, RoundState.Training, RoundState.Evaluating, RoundState.Scoring];

    /// <summary>True while the worker has, or will have, something to do.</summary>
    public static bool IsActive(this RoundState state) => Active.Contains(state);
}
