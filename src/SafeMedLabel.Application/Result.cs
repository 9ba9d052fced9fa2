namespace SafeMedLabel.Application;

/// <summary>The outcome of something a person asked for: done, or one clear sentence that says why not.</summary>
/// <param name="Error">The sentence, or null when it was done.</param>
public readonly record struct Result(string? Error)
{
    /// <summary>Done.</summary>
    public static Result Done => default;

    /// <summary>True when it was done.</summary>
    public bool Succeeded => Error is null;

    /// <summary>Not done, and why.</summary>
    public static Result Refused(string error) => new(error);
}

/// <summary>As <see cref="Result"/>, with what was made.</summary>
/// <typeparam name="T">What was made.</typeparam>
/// <param name="Value">What was made; meaningless unless <see cref="Succeeded"/>.</param>
/// <param name="Error">The sentence, or null when it was done.</param>
public readonly record struct Result<T>(T? Value, string? Error)
{
    /// <summary>True when it was done.</summary>
    [System.Diagnostics.CodeAnalysis.MemberNotNullWhen(true, nameof(Value))]
    public bool Succeeded => Error is null;

    /// <summary>Wraps what was made.</summary>
    public static implicit operator Result<T>(T value) => new(value, null);

    /// <summary>Carries a refusal on.</summary>
    public static implicit operator Result<T>(Result refused) => new(default, refused.Error ?? throw new ArgumentException("Only a refusal carries no value.", nameof(refused)));
}
