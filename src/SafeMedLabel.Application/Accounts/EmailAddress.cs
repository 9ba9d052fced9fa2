using System.Globalization;
using System.Text;
using SafeMedLabel.Application.Naming;

namespace SafeMedLabel.Application.Accounts;

/// <summary>What counts as an e-mail address, wherever one is entered or comes from another server.</summary>
public static class EmailAddress
{
    /// <summary>The longest that mail is delivered to (RFC 5321, with erratum 1690).</summary>
    public const int MaxLength = 254;

    private const int MaxLocal = 64;

    private const string NoAddress = "This is not an e-mail address.";

    /// <summary>What may stand before the @ beside letters, digits and dots (RFC 5322, 'atext').</summary>
    private const string Signs = "!#$%&'*+-/=?^_`{|}~";

    private static readonly IdnMapping Domains = new() { UseStd3AsciiRules = true };

    /// <summary>
    /// The address as it is to be kept; refused with a sentence where it is none. Letters of every language may stand in it; what only quotation marks
    /// would allow, such as spaces and angle brackets, may not.
    /// </summary>
    public static Result<string> Check(string? text)
    {
        var address = TextRule.Clean(text ?? "");
        if (address.Length > MaxLength)
        {
            return Result.Refused($"An e-mail address has at most {MaxLength} characters.");
        }

        return TextRule.Flaw(address) is null && address.Split('@') is [var local, var domain] && IsLocal(local) && AsciiOf(domain) is not null ? address : Result.Refused(NoAddress);
    }

    /// <summary>The same for all ways to write an address: by it addresses are compared and looked up.</summary>
    public static string KeyOf(string address)
    {
        var clean = TextRule.Clean(address);
        var at = clean.LastIndexOf('@');
        return string.Concat((AsciiOf(clean[(at + 1)..]) is { } domain && at >= 0 ? clean[..(at + 1)] + domain : clean).Select(Upper));
    }

    /// <summary>A capital letter. One of another alphabet that would become one of ours, as 'ſ' becomes 'S', stays: it is another person's address.</summary>
    private static char Upper(char letter) => char.ToUpperInvariant(letter) is var upper && char.IsAscii(upper) && !char.IsAscii(letter) ? letter : upper;

    private static bool IsLocal(string local) =>
        local.Length is > 0 and <= MaxLocal && local.Split('.').All(part => part.Length > 0) && local.EnumerateRunes().All(IsOfLocal);

    private static bool IsOfLocal(Rune rune) => rune.Value == '.' || (rune.IsAscii && Signs.Contains((char)rune.Value)) || Rune.IsLetterOrDigit(rune)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    /// <summary>A domain as the network knows it, with 'xn--…' for other letters than a to z; null where it is none.</summary>
    private static string? AsciiOf(string domain)
    {
        try
        {
            // IdnMapping lets a last dot pass, which stands for the root; in an address it would only be another way to write the same.
            return domain.EndsWith('.') ? null : Domains.GetAscii(domain);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
