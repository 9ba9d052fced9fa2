using System.Text;
using System.Text.RegularExpressions;

namespace SafeMedLabel.Application.Datasets;

/// <summary>Patients whose names differ only in how they are written: if they are one, the split may part them.</summary>
internal static partial class PatientSpellings
{
    private const int Shown = 20;
    private const int ShownNames = 5;

    /// <summary>A sentence for each such patient, for the first twenty.</summary>
    /// <param name="patients">Names of patients; some may be there twice.</param>
    public static IReadOnlyList<string> Remarks(IEnumerable<string> patients)
    {
        var alike = patients.Distinct(StringComparer.Ordinal).GroupBy(Key, StringComparer.Ordinal).Where(g => g.Skip(1).Any())
            .Select(g => string.Join(", ", g.Order(StringComparer.Ordinal).Take(ShownNames).Select(SourceRemarks.Shown)))
            .Order(StringComparer.Ordinal).ToList();
        return
        [
            .. alike.Take(Shown).Select(names => $"{names} count as different patients; if they are one, write the name in one way."),
            .. alike.Count > Shown ? (string[])[FormattableString.Invariant($"So do {alike.Count - Shown:n0} more.")] : [],
        ];
    }

    /// <summary>Capital letters, zeros before a number, and half-width letters make no difference.</summary>
    private static string Key(string patient) => LeadingZeros().Replace(patient.Normalize(NormalizationForm.FormKC).ToUpperInvariant(), "");

    [GeneratedRegex(@"(?<!\d)0+(?=\d)")]
    private static partial Regex LeadingZeros();
}
