using SafeMedLabel.Core.Acquisition;

namespace SafeMedLabel.Cli.Commands;

/// <summary>
/// How labels are asked for: the first ones at random or of typical images, a round's as the top of a ranking or by a draw with chances that
/// grow with the score, at once or a few at a time.
/// </summary>
/// <param name="Name">As it is typed.</param>
/// <param name="Function">The score.</param>
/// <param name="IsDrawn">Whether a batch is drawn rather than the top taken.</param>
/// <param name="IsLive">Whether a round's labels are asked for a few at a time. A <see cref="Learning.Live.LiveHead"/>, trained on all labels so far, then chooses each few.</param>
/// <param name="StartsTypical">Whether the first labels are those of <see cref="TypicalImages"/>.</param>
internal sealed record Query(string Name, AcquisitionFunction Function, bool IsDrawn, bool IsLive, bool StartsTypical)
{
    private const string TypicalPrefix = "typical-";
    private const string LivePrefix = "live-";
    private const string DrawnPrefix = "power-";

    private static readonly Dictionary<string, AcquisitionFunction> Functions = new(StringComparer.Ordinal)
    {
        ["bald"] = AcquisitionFunction.Bald,
        ["entropy"] = AcquisitionFunction.Entropy,
        ["variance"] = AcquisitionFunction.Variance,
        ["margin"] = AcquisitionFunction.Margin,
        ["least-confidence"] = AcquisitionFunction.LeastConfidence,
        ["random"] = AcquisitionFunction.Random,
    };

    /// <summary>The scores' names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Functions.Keys];

    /// <exception cref="ArgumentException">There is no such way to ask.</exception>
    public static Query Parse(string name)
    {
        var (startsTypical, rest) = Without(TypicalPrefix, name);
        var (isLive, way) = Without(LivePrefix, rest);
        var (isDrawn, score) = Without(DrawnPrefix, way);
        return Functions.TryGetValue(score, out var function)
            ? new Query(name, function, isDrawn, isLive, startsTypical)
            : throw new ArgumentException($"There is no acquisition '{name}'; there are {string.Join(", ", Names)}, each also as {DrawnPrefix}… and {LivePrefix}…, and with {TypicalPrefix} before it all.");
    }

    /// <summary>How much an image's label is worth.</summary>
    public double Score(in StochasticPasses passes, string hash, ulong seed) => AcquisitionScorer.Score(Function, in passes, hash, seed);

    /// <summary>Positions of the images to ask about.</summary>
    public IEnumerable<int> Choose(double[] scores, IReadOnlyList<string> hashes, int count, ulong seed) =>
        IsDrawn ? PowerSampling.Draw(scores, hashes, count, seed) : AcquisitionScorer.Rank(scores, hashes).Take(count);

    private static (bool HasPrefix, string Remaining) Without(string prefix, string name) =>
        name.StartsWith(prefix, StringComparison.Ordinal) ? (true, name[prefix.Length..]) : (false, name);
}
