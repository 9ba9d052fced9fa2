namespace SafeMedLabel.Application;

/// <summary>The outcome of something a person asked for: done, or one clear sentence that says why not.</summary>
/// <param name="Error">The sentence, or null when it was done.</param>
public readonly record struct Result(string? Error) : IOutcome, IPostponable<Result>
{
    /// <summary>Done.</summary>
    public static Result Done => default;

    /// <summary>True when it was done.</summary>
    public bool Succeeded => Error is null;

    /// <summary>True where the same may succeed later: nothing is wrong with what was asked for.</summary>
    public bool IsPostponed { get; init; }

    /// <summary>True where the request came under a key that another request has: its client made a mistake.</summary>
    public bool IsKeyTaken { get; init; }

    /// <summary>Not done: the request's key is another request's.</summary>
    internal static Result KeyTaken => new("The key of this request came before with another request; every request needs a new key of its own.") { IsKeyTaken = true };

    /// <summary>Not done, and why.</summary>
    public static Result Refused(string error) => new(error);

    /// <inheritdoc />
    public static Result Postponed(string reason) => new(reason) { IsPostponed = true };

    /// <inheritdoc />
    static Result IPostponable<Result>.Denied(string reason) => Refused(reason);
}

/// <summary>As <see cref="Result"/>, with what was made.</summary>
/// <typeparam name="T">What was made.</typeparam>
/// <param name="Value">What was made; meaningless unless <see cref="Succeeded"/>.</param>
/// <param name="Error">The sentence, or null when it was done.</param>
public readonly record struct Result<T>(T? Value, string? Error) : IOutcome, IPostponable<Result<T>>
{
    /// <summary>True when it was done.</summary>
    [System.Diagnostics.CodeAnalysis.MemberNotNullWhen(true, nameof(Value))]
    public bool Succeeded => Error is null;

    /// <summary>True where the same may succeed later: nothing is wrong with what was asked for.</summary>
    public bool IsPostponed { get; init; }

    /// <summary>True where the request came under a key that another request has: its client made a mistake.</summary>
    public bool IsKeyTaken { get; init; }

    /// <inheritdoc />
    static Result<T> IPostponable<Result<T>>.Postponed(string reason) => Result.Postponed(reason);

    /// <inheritdoc />
    static Result<T> IPostponable<Result<T>>.Denied(string reason) => Result.Refused(reason);

    /// <summary>Wraps what was made.</summary>
    public static implicit operator Result<T>(T value) => new(value, null);

    /// <summary>Carries a refusal on.</summary>
    public static implicit operator Result<T>(Result refused) => new(default, refused.Error ?? throw new ArgumentException("Only a refusal carries no value.", nameof(refused)))
    {
        IsPostponed = refused.IsPostponed,
        IsKeyTaken = refused.IsKeyTaken,
    };

    /// <summary>The outcome without what was made.</summary>
    public static explicit operator Result(Result<T> outcome) => new(outcome.Error) { IsPostponed = outcome.IsPostponed, IsKeyTaken = outcome.IsKeyTaken };
}
