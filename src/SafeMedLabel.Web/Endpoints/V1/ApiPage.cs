namespace SafeMedLabel.Web.Endpoints.V1;

/// <summary>A part of a list.</summary>
/// <typeparam name="T">What it lists.</typeparam>
/// <param name="Items">The part.</param>
/// <param name="Next">What to ask for as 'after' to get the next part; null where this is the last.</param>
public sealed record ApiPage<T>(IReadOnlyList<T> Items, string? Next)
{
    /// <summary>The most items of a part.</summary>
    public const int MaximumLimit = 1000;

    /// <summary>Makes a part of what was read with one item more than is wanted, which only tells that there is a next part.</summary>
    internal static ApiPage<T> Of<TRow>(IReadOnlyList<TRow> rows, int limit, Func<TRow, string> cursor, Func<TRow, T> show) =>
        new([.. rows.Take(limit).Select(show)], rows.Count > limit ? cursor(rows[limit - 1]) : null);
}
