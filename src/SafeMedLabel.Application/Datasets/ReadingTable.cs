using System.Globalization;
using SafeMedLabel.Application.Exports;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Naming;

namespace SafeMedLabel.Application.Datasets;

/// <summary>
/// The table beside a manifest with what readers said elsewhere, one line for each answer and each decision: columns <c>sha256</c>, <c>reader</c>,
/// <c>answer</c> (empty for 'unreadable'), <c>unaided_answer</c>, <c>answered_utc</c>, <c>seconds</c>, <c>aid</c> and <c>shown_because</c>, in the
/// words of an export's tables.
/// </summary>
/// <param name="Readings">What can be taken, the oldest first.</param>
/// <param name="Rejected">The other lines, with their reasons.</param>
internal sealed record ReadingTable(IReadOnlyList<BroughtReading> Readings, IReadOnlyList<RejectedFile> Rejected)
{
    /// <summary>Its name, by which an import finds it.</summary>
    public const string FileName = "readings.csv";

    /// <summary>What sentences call it.</summary>
    public const string Name = "table of readings";

    /// <summary>The longest that a reader is called.</summary>
    public const int MaxReader = 100;

    private const double MaxSeconds = int.MaxValue / 1000.0;

    private static readonly string[] Required = ["sha256", "reader", "answer", "answered_utc"];

    /// <summary>Reads the table.</summary>
    /// <param name="path">Its path in the data set, for the reasons.</param>
    /// <param name="text">The table.</param>
    /// <param name="limits">What it may cost to read.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DatasetException">It is empty, lacks a column, or has too many lines.</exception>
    public static ReadingTable Of(string path, TextReader text, SourceLimits limits, CancellationToken cancellationToken)
    {
        using var table = new SourceTable(Name, text);
        if (Required.FirstOrDefault(column => !table.Has(column)) is { } missing)
        {
            throw new DatasetException($"The table of readings has no column '{missing}'; its first line names {string.Join(", ", table.Columns.Take(10))}.");
        }

        var readings = new List<BroughtReading>();
        var rejected = new List<RejectedFile>();
        while (table.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (readings.Count + rejected.Count >= limits.MaxReadings)
            {
                throw new DatasetException(FormattableString.Invariant($"The table of readings has more than {limits.MaxReadings:N0} lines."));
            }

            if (rejected.Count > limits.MaxRejected)
            {
                throw limits.TooManyRejected(rejected[0]);
            }

            var (reading, problem) = Read(table);
            if (reading is not null)
            {
                readings.Add(reading);
            }
            else
            {
                rejected.Add(new RejectedFile(path, $"{table.Place}: {problem}"));
            }
        }

        return new ReadingTable([.. readings.OrderBy(r => r.AtUtc)], rejected);
    }

    private static (BroughtReading? Reading, string? Problem) Read(SourceTable table)
    {
        var (hash, reader, answer, unaided) = (table.Field("sha256")?.ToLowerInvariant(), NameIn(table.Field("reader")), NameIn(table.Field("answer")), NameIn(table.Field("unaided_answer")));
        if (hash is null || !ContentStore.IsHash(hash))
        {
            return (null, "the SHA-256 has 64 hexadecimal digits.");
        }

        if (reader is null or { Length: > MaxReader })
        {
            return (null, $"a reader has a name of at most {MaxReader} characters.");
        }

        if (answer is { Length: > ProjectClass.MaxName } || unaided is { Length: > ProjectClass.MaxName })
        {
            return (null, $"an answer has at most {ProjectClass.MaxName} characters.");
        }

        if ((TextRule.Flaw(reader) ?? TextRule.Flaw(answer ?? "") ?? TextRule.Flaw(unaided ?? "")) is { } flaw)
        {
            return (null, $"a name {flaw}.");
        }

        if (!DateTime.TryParse(table.Field("answered_utc"), CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out var at))
        {
            return (null, "the time is not one, as in 2026-05-04T13:45:00Z.");
        }

        var seconds = 0.0;
        if (table.Field("seconds") is { } said && !(double.TryParse(said, CultureInfo.InvariantCulture, out seconds) && seconds is >= 0 and < MaxSeconds))
        {
            return (null, "the seconds are not a number.");
        }

        if (!TryWord(table.Field("aid"), out Aid? aid) || !TryWord(table.Field("shown_because"), out QueueReason? reason))
        {
            return (null, "'aid' or 'shown_because' is no word that this program knows.");
        }

        return (new BroughtReading(hash, reader, answer, unaided, at, seconds, aid ?? Aid.Unaided, reason), null);
    }

    private static string? NameIn(string? field) => field is null ? null : TextRule.Clean(field) is { Length: > 0 } name ? name : null;

    /// <summary>False where something stands there that is no such word.</summary>
    private static bool TryWord<T>(string? text, out T? word)
        where T : struct, Enum
    {
        word = Enum.GetValues<T>().Where(w => ExportText.Of(w) == text).Select(w => (T?)w).FirstOrDefault();
        return text is null || word is not null;
    }
}
