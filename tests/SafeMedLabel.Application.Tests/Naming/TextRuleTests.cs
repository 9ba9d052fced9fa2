using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using SafeMedLabel.Application.Naming;

namespace SafeMedLabel.Application.Tests.Naming;

/// <summary>What may stand in a text that others read.</summary>
public sealed class TextRuleTests
{
    private const string Invisible = "which cannot be seen or changes how text is read";

    private static readonly TextRule Name = new("A name", 20);
    private static readonly TextRule Reason = new("A reason", 100, 10, HasLines: true);

    private static readonly UnicodeCategory[] Never =
    [
        UnicodeCategory.Control, UnicodeCategory.LineSeparator, UnicodeCategory.ParagraphSeparator, UnicodeCategory.Surrogate, UnicodeCategory.PrivateUse, UnicodeCategory.OtherNotAssigned,
    ];

    [Theory]
    [InlineData("  Ada Lovelace ", "Ada Lovelace")]
    [InlineData("Zoe\u0308", "Zoë")]
    [InlineData("Marie\u00A0Curie", "Marie Curie")]
    [InlineData("山中 伸弥", "山中 伸弥")]
    [InlineData("محمد", "محمد")]
    [InlineData("נוֹעָה", "נוֹעָה")]
    [InlineData("می\u200Cخواهم", "می\u200Cخواهم")]
    [InlineData("ശ്രീ\u200D", "ശ്രീ\u200D")]
    [InlineData("👩\u200D⚕\uFE0F", "👩\u200D⚕\uFE0F")]
    [InlineData("Nguyễn Thị", "Nguyễn Thị")]
    [InlineData("+", "+")]
    [InlineData("<b>O'Neill</b>", "<b>O'Neill</b>")]
    public void Letters_of_every_language_stand_in_names_and_each_is_written_in_one_way(string entered, string kept) => Assert.Equal(kept, Name.Check(entered).Value);

    [Theory]
    [InlineData("", "A name needs 1 to 20 characters.")]
    [InlineData(" \t\u00A0\u2028", "A name needs 1 to 20 characters.")]
    [InlineData("A name that is too long", "A name needs 1 to 20 characters.")]
    [InlineData("Ada\u202Egnp.exe", $"A name may not hold U+202E, {Invisible}.")]
    [InlineData("Ada\u2067", $"A name may not hold U+2067, {Invisible}.")]
    [InlineData("\u200FAda", $"A name may not hold U+200F, {Invisible}.")]
    [InlineData("Ad\u200Da", $"A name may not hold U+200D, {Invisible}.")]
    [InlineData("Nguyễ\u200Dn", $"A name may not hold U+200D, {Invisible}.")]
    [InlineData("Ad\u200Ba", $"A name may not hold U+200B, {Invisible}.")]
    [InlineData("\uFEFFAda", $"A name may not hold U+FEFF, {Invisible}.")]
    [InlineData("Ad\u00ADa", $"A name may not hold U+00AD, {Invisible}.")]
    [InlineData("Ada\u061C", $"A name may not hold U+061C, {Invisible}.")]
    [InlineData("Ada\0", $"A name may not hold U+0000, {Invisible}.")]
    [InlineData("Ada\nLovelace", $"A name may not hold U+000A, {Invisible}.")]
    [InlineData("Ada\u2029Lovelace", $"A name may not hold U+2029, {Invisible}.")]
    [InlineData("Ada\u001B[2J", $"A name may not hold U+001B, {Invisible}.")]
    [InlineData("\u3164", $"A name may not hold U+3164, {Invisible}.")]
    [InlineData("Ada\U000E0041", $"A name may not hold U+E0041, {Invisible}.")]
    [InlineData("Ada\uFE0F", $"A name may not hold U+FE0F, {Invisible}.")]
    [InlineData("Ada\uE000", $"A name may not hold U+E000, {Invisible}.")]
    [InlineData("\u0301Ada", $"A name may not hold U+0301, {Invisible}.")]
    [InlineData("A\u0316\u0317\u0318\u0319\u031C\u031D\u031E\u031F\u0320", $"A name may not hold U+0320, {Invisible}.")]
    public void What_cannot_be_seen_or_changes_how_others_read_stands_in_no_name(string entered, string sentence) => Assert.Equal(sentence, Name.Check(entered).Error);

    [Fact]
    public void Half_a_character_is_none() => Assert.Equal("A name may not hold half a character.", Name.Check("Ada" + "\uD83D\uDC69"[..1]).Error);

    [Fact]
    public void A_text_of_several_lines_keeps_them_and_is_held_to_the_same_otherwise()
    {
        Assert.Equal("Seen twice.\n\nAgreed with Ben.", Reason.Check(" Seen twice.\r\n\r\nAgreed\twith Ben.\r").Value);
        Assert.Equal($"A reason may not hold U+202E, {Invisible}.", Reason.Check("Seen twice.\n\u202EAgreed with Ben.").Error);
        Assert.Equal("A reason needs 10 to 100 characters.", Reason.Check("Too short").Error);
    }

    [Theory]
    [InlineData("cells.zip", "cells.zip")]
    [InlineData("cells\u202Epiz.exe", "cells�piz.exe")]
    [InlineData("a\u0316\u0317\u0318\u0319\u031C\u031D\u031E\u031F\u0320b", "a\u0316\u0317\u0318\u0319\u031C\u031D\u031E\u031F�b")]
    [InlineData("a\nb\0c", "a�b�c")]
    [InlineData("a file of a name that is too long.zip", "a file of a name tha")]
    public void A_name_that_others_chose_is_shown_without_what_may_not_stand_in_it(string name, string shown) => Assert.Equal(shown, TextRule.Shown(name, 20));

    [Property(MaxTest = 2000)]
    public Property Whatever_is_entered_becomes_a_text_that_holds_nothing_hidden_and_stays_as_it_is_or_is_refused_in_a_sentence() => Prop.ForAll(Texts.ToArbitrary(), entered =>
    {
        foreach (var rule in (TextRule[])[Name, Reason])
        {
            var outcome = rule.Check(entered);
            if (!outcome.Succeeded)
            {
                Assert.StartsWith(rule.What, outcome.Error, StringComparison.Ordinal);
                Assert.DoesNotContain(outcome.Error!, char.IsControl);
                continue;
            }

            var kept = outcome.Value;
            Assert.InRange(kept.Length, rule.Min, rule.Max);
            Assert.Equal((kept, kept.Normalize(), kept.Trim()), (rule.Check(kept).Value, kept, kept));
            Assert.DoesNotContain(kept.EnumerateRunes(), rune => Never.Contains(Rune.GetUnicodeCategory(rune)) && !(rule.HasLines && rune.Value == '\n'));
            Assert.DoesNotContain(kept.EnumerateRunes(), rune => Rune.GetUnicodeCategory(rune) == UnicodeCategory.Format && rune.Value is not (0x200C or 0x200D));
            // What lies apart by a joiner alone is told apart by nobody: in Latin letters there is none.
            Assert.False(kept.All(char.IsAscii) && kept.Contains('\u200D', StringComparison.Ordinal));
        }
    });

    [Property(MaxTest = 500)]
    public Property A_shown_name_can_always_be_a_name() => Prop.ForAll(Texts.ToArbitrary(), name =>
    {
        var shown = TextRule.Shown(name, 20);

        Assert.True(shown.Length <= 20);
        Assert.Null(TextRule.Flaw(shown));
    });

    /// <summary>Texts of letters of many kinds with what hides among them.</summary>
    private static Gen<string> Texts { get; } = Gen.Elements(
        "a", "B", " ", "é", "e\u0301", "ß", "я", "ع", "न", "्", "中", "👩", "\u200D", "\u200C", "\uFE0F", "\u202E", "\u2066", "\u200F", "\u2028", "\u0085", "\n", "\r\n", "\t", "\0", "\u00A0", "\u3000", "\u1160", "\u0301",
        "\uD83D", "\uDC69", "\U000E0001", "\uFEFF", "\u0378", "<", "&", "'").ArrayOf().Select(string.Concat);
}
