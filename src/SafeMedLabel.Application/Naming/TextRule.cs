using System.Globalization;
using System.Text;

namespace SafeMedLabel.Application.Naming;

/// <summary>
/// What may stand in a text that one person enters, or a file brings, and others read. Letters of every language may. What cannot be seen, or makes other
/// text read otherwise than it is, may not: control characters, marks of direction, line separators, half characters, and marks that have no letter to stand
/// on. Of two ways to write the same letter one is kept (Unicode's form C), and every space is a plain one.
/// </summary>
/// <param name="What">What a sentence calls the text: 'A project's name'.</param>
/// <param name="Max">Most characters (UTF-16 units, as <see cref="string.Length"/> counts).</param>
/// <param name="Min">Fewest characters.</param>
/// <param name="HasLines">Whether it may go over several lines.</param>
public sealed record TextRule(string What, int Max, int Min = 1, bool HasLines = false)
{
    /// <summary>More marks than any language sets on one letter; a hundred would cover the lines above.</summary>
    private const int MostMarks = 8;

    private const int ZeroWidthNonJoiner = 0x200C;
    private const int ZeroWidthJoiner = 0x200D;

    /// <summary>Letters and symbols by their category that show nothing: fillers of Korean and Khmer, the empty Braille pattern, a joiner that joins nothing.</summary>
    private static readonly int[] Blank = [0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0];

    /// <summary>
    /// Where joiners and variants mean something, first and last: Arabic and its neighbours, the scripts of India, Tibet, Burma, Cambodia and Mongolia,
    /// Chinese characters, and pictures. Elsewhere two names with and without them would look the same.
    /// </summary>
    private static readonly (int First, int Last)[] Joining =
    [
        (0x0600, 0x0DFF), (0x0F00, 0x109F), (0x1780, 0x18AF), (0x1A20, 0x1C7F), (0x2300, 0x23FF), (0x2600, 0x27BF), (0x2B00, 0x2BFF), (0x3400, 0x9FFF),
        (0xA840, 0xAB2F), (0xABC0, 0xABFF), (0xF900, 0xFAFF), (0xFB50, 0xFDFF), (0xFE00, 0xFE0F), (0xFE70, 0xFEFE), (0x10A00, 0x11FFF), (0x1F000, 0x1FAFF), (0x20000, 0x3FFFF),
    ];

    /// <summary>The text as it is to be kept; refused with a sentence where it cannot be.</summary>
    public Result<string> Check(string? text)
    {
        var clean = Clean(text ?? "", HasLines);
        return Fault(clean) is { } fault ? Result.Refused($"{What} {fault}.") : clean;
    }

    /// <summary>Why a text cannot be kept, as a sentence; null where it can.</summary>
    public string? Problem(string? text) => Check(text).Error;

    /// <summary>Why a clean text cannot be kept, as the end of a sentence without its full stop: 'needs 1 to 100 characters'; null where it can.</summary>
    public string? Fault(string clean)
    {
        ArgumentNullException.ThrowIfNull(clean);
        return clean.Length < Min || clean.Length > Max ? string.Create(CultureInfo.InvariantCulture, $"needs {Min} to {Max:n0} characters") : Flaw(clean, HasLines);
    }

    /// <summary>A text without space around it, in Unicode's form C and with plain spaces; what cannot be kept is still in it.</summary>
    /// <param name="text">The text.</param>
    /// <param name="hasLines">Whether it may go over several lines.</param>
    public static string Clean(string text, bool hasLines = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!IsWhole(text))
        {
            // Half a character has no form C, and is what the flaw will be.
            return text.Trim();
        }

        var clean = new StringBuilder(text.Length);
        foreach (var character in hasLines ? text.Normalize().ReplaceLineEndings("\n") : text.Normalize())
        {
            clean.Append(char.GetUnicodeCategory(character) == UnicodeCategory.SpaceSeparator || (hasLines && character == '\t') ? ' ' : character);
        }

        return clean.ToString().Trim();
    }

    /// <summary>What a clean text holds that nothing may, as the end of a sentence without its full stop: 'may not hold …'; null where it holds nothing such.</summary>
    /// <param name="text">The text.</param>
    /// <param name="hasLines">Whether it may go over several lines.</param>
    public static string? Flaw(string text, bool hasLines = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        Rune? before = null;
        var marks = 0;
        for (var at = 0; at < text.Length;)
        {
            if (!Rune.TryGetRuneAt(text, at, out var rune))
            {
                return "may not hold half a character";
            }

            at += rune.Utf16SequenceLength;
            marks = IsMark(rune) ? marks + 1 : 0;
            if (marks > MostMarks || !(Fits(rune, before) || (hasLines && rune.Value == '\n')))
            {
                return string.Create(CultureInfo.InvariantCulture, $"may not hold U+{rune.Value:X4}, which cannot be seen or changes how text is read");
            }

            before = rune;
        }

        return null;
    }

    /// <summary>A name that others chose, such as a file's, fit to be shown: what may not stand in it is '�', and it is cut where it is too long.</summary>
    /// <param name="text">The name.</param>
    /// <param name="max">Most characters.</param>
    public static string Shown(string text, int max)
    {
        var shown = new StringBuilder();
        Rune? before = null;
        var marks = 0;
        foreach (var rune in Clean(text).EnumerateRunes())
        {
            marks = IsMark(rune) ? marks + 1 : 0;
            var next = marks <= MostMarks && Fits(rune, before) ? rune : Rune.ReplacementChar;
            if (shown.Length + next.Utf16SequenceLength > max)
            {
                break;
            }

            shown.Append(next.ToString());
            before = next;
        }

        return shown.ToString();
    }

    private static bool IsWhole(string text)
    {
        for (var at = 0; at < text.Length;)
        {
            if (!Rune.TryGetRuneAt(text, at, out var rune))
            {
                return false;
            }

            at += rune.Utf16SequenceLength;
        }

        return true;
    }

    private static bool Fits(Rune rune, Rune? before) =>
        IsJoiner(rune) || IsVariant(rune) ? before is { } letter && Joins(letter) && (IsJoiner(rune) || !IsVariant(letter))
        : IsMark(rune) ? before is { } under && !Rune.IsWhiteSpace(under) && !Blank.Contains(rune.Value)
        : Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned => false,
            _ => !Blank.Contains(rune.Value),
        };

    private static bool Joins(Rune letter) => Array.Exists(Joining, script => letter.Value >= script.First && letter.Value <= script.Last)
        && (Rune.IsLetter(letter) || IsMark(letter) || Rune.GetUnicodeCategory(letter) is UnicodeCategory.OtherSymbol or UnicodeCategory.ModifierSymbol);

    private static bool IsJoiner(Rune rune) => rune.Value is ZeroWidthNonJoiner or ZeroWidthJoiner;

    /// <summary>What chooses a variant of the letter before it, and cannot be seen itself.</summary>
    private static bool IsVariant(Rune rune) => rune.Value is (>= 0x180B and <= 0x180D) or 0x180F or (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0100 and <= 0xE01EF);

    private static bool IsMark(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;
}
