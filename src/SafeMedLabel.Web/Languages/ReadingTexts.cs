using System.Globalization;
using System.Resources;

namespace SafeMedLabel.Web.Languages;

/// <summary>
/// What stands on the reading pages, in a reader's language. The English text is its own key; the other languages are the resource files
/// beside this class. A project's question and its classes' names are in the language its lead wrote them in.
/// </summary>
public sealed class ReadingTexts
{
    private static readonly ResourceManager Resources = new(typeof(ReadingTexts));
    private readonly ResourceSet? _texts;

    /// <summary>Texts in a language; null for the one the browser asked for.</summary>
    public ReadingTexts(string? language)
    {
        var asked = language ?? CultureInfo.CurrentUICulture.TwoLetterISOLanguageName;
        Language = Languages.ContainsKey(asked) ? asked : "en";
        _texts = Language == "en" ? null : Resources.GetResourceSet(CultureInfo.GetCultureInfo(Language), createIfNotExists: true, tryParents: false);
    }

    /// <summary>The languages there are, each by its own name.</summary>
    public static IReadOnlyDictionary<string, string> Languages { get; } = new Dictionary<string, string>
    {
        ["en"] = "English",
        ["de"] = "Deutsch",
        ["es"] = "Español",
        ["fr"] = "Français",
        ["pt"] = "Português",
        ["sw"] = "Kiswahili",
    };

    /// <summary>The language, as 'de'.</summary>
    public string Language { get; }

    /// <summary>A text by its English one, which stands for itself where there is no other.</summary>
    public string this[string english] => _texts?.GetString(english) ?? english;

    /// <summary>A text with its gaps {0}, {1}, … filled.</summary>
    public string this[string english, params object?[] values] => string.Format(CultureInfo.InvariantCulture, this[english], values);
}
