namespace SafeMedLabel.Application.Datasets;

/// <summary>Content that was taken out of the store.</summary>
/// <param name="Files">How many files.</param>
/// <param name="Bytes">How many bytes they had.</param>
public readonly record struct SweptContent(int Files, long Bytes)
{
    /// <summary>True where not all could be looked at, because a backup was reading the store.</summary>
    public bool IsHeld { get; init; }

    /// <summary>Both.</summary>
    public static SweptContent operator +(SweptContent left, SweptContent right) =>
        new(left.Files + right.Files, left.Bytes + right.Bytes) { IsHeld = left.IsHeld || right.IsHeld };
}
