using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using SafeMedLabel.Web.Languages;

namespace SafeMedLabel.Web.Tests;

/// <summary>The reading pages in all their languages.</summary>
public sealed partial class ReadingTextsTests
{
    public static TheoryData<string> Translations => [.. ReadingTexts.Languages.Keys.Where(language => language != "en")];

    [Theory]
    [MemberData(nameof(Translations))]
    public void Every_text_of_the_reading_pages_is_there_in_every_language(string language)
    {
        var texts = Texts(language);

        Assert.Empty(UsedTexts().Except(texts.Keys));
    }

    [Theory]
    [MemberData(nameof(Translations))]
    public void A_translation_has_the_gaps_of_its_English_text(string language) =>
        Assert.All(Texts(language), text => Assert.Equal(Gaps(text.Key), Gaps(text.Value)));

    [Fact]
    public void A_text_is_in_the_language_that_was_chosen_and_in_English_where_there_is_no_other()
    {
        Assert.Equal("Rückgängig", new ReadingTexts("de")["Undo"]);
        Assert.Equal("Undo", new ReadingTexts("en")["Undo"]);
        Assert.Equal("Undo", new ReadingTexts("xx")["Undo"]);
        Assert.Equal("No such text", new ReadingTexts("de")["No such text"]);
        Assert.Equal("Stored: Uninfected.", new ReadingTexts("en")["Stored: {0}.", "Uninfected"]);
    }

    private static string[] Gaps(string text) => [.. Gap().Matches(text).Select(m => m.Value).Order(StringComparer.Ordinal)];

    private static Dictionary<string, string> Texts(string language) =>
        XDocument.Load(Path.Combine(WebFolder(), "Languages", $"ReadingTexts.{language}.resx")).Root!.Elements("data")
            .ToDictionary(data => data.Attribute("name")!.Value, data => data.Element("value")!.Value);

    private static IEnumerable<string> UsedTexts() => Directory.EnumerateFiles(WebFolder(), "*.*", SearchOption.AllDirectories)
        .Where(file => file.EndsWith(".razor", StringComparison.Ordinal) || file.EndsWith(".razor.cs", StringComparison.Ordinal))
        .SelectMany(file => Used().Matches(File.ReadAllText(file))).Select(m => m.Groups[1].Value);

    private static string WebFolder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "src", "SafeMedLabel.Web");

    [GeneratedRegex(@"\b_?[tT]\[\s*""([^""]+)""")]
    private static partial Regex Used();

    [GeneratedRegex(@"\{\d\}")]
    private static partial Regex Gap();
}
