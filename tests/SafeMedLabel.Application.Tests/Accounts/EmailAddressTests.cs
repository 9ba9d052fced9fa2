using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using SafeMedLabel.Application.Accounts;

namespace SafeMedLabel.Application.Tests.Accounts;

/// <summary>What counts as an e-mail address.</summary>
public sealed class EmailAddressTests
{
    [Theory]
    [InlineData("ada@example.org", "ada@example.org")]
    [InlineData(" Ada.O'Neill+cells@mail.example.org ", "Ada.O'Neill+cells@mail.example.org")]
    [InlineData("ada@hospital", "ada@hospital")]
    [InlineData("ada@münchen.example", "ada@münchen.example")]
    [InlineData("ada@xn--mnchen-3ya.example", "ada@xn--mnchen-3ya.example")]
    [InlineData("jose\u0301@example.org", "josé@example.org")]
    [InlineData("医生@例子.example", "医生@例子.example")]
    public void An_address_is_kept_as_it_is_written(string entered, string kept) => Assert.Equal(kept, EmailAddress.Check(entered).Value);

    [Theory]
    [InlineData("")]
    [InlineData("ada")]
    [InlineData("@example.org")]
    [InlineData("ada@")]
    [InlineData("<script>@x")]
    [InlineData("\"ada lovelace\"@example.org")]
    [InlineData("ada(work)@example.org")]
    [InlineData("ada@ben@example.org")]
    [InlineData("ada lovelace@example.org")]
    [InlineData("ada,ben@example.org")]
    [InlineData("ada\n@example.org")]
    [InlineData("ada\u202E@example.org")]
    [InlineData("a\u200Dda@example.org")]
    [InlineData(".ada@example.org")]
    [InlineData("ada.@example.org")]
    [InlineData("ada..b@example.org")]
    [InlineData("ada@example..org")]
    [InlineData("ada@example.org.")]
    [InlineData("ada@-example.org")]
    [InlineData("ada@exa_mple.org")]
    [InlineData("ada@<b>.org")]
    [InlineData("ada@[127.0.0.1]")]
    public void What_is_no_address_is_refused(string entered) => Assert.Equal("This is not an e-mail address.", EmailAddress.Check(entered).Error);

    [Fact]
    public void An_address_has_at_most_254_characters_and_64_before_the_at()
    {
        var domain = string.Join('.', Enumerable.Repeat(new string('d', 60), 3)) + ".org";

        Assert.Null(EmailAddress.Check($"{new string('a', 64)}@{domain}").Error);
        Assert.NotNull(EmailAddress.Check($"{new string('a', 65)}@{domain}").Error);
        Assert.Equal("An e-mail address has at most 254 characters.", EmailAddress.Check($"{new string('a', 64)}@{domain}.{new string('e', 10)}").Error);
    }

    [Theory]
    [InlineData("ADA@Example.org", "ada@example.ORG")]
    [InlineData("ada@münchen.example", "ada@XN--MNCHEN-3YA.example")]
    [InlineData("jose\u0301@example.org", "josé@example.org")]
    public void One_address_is_one_however_it_is_written(string one, string other) => Assert.Equal(EmailAddress.KeyOf(one), EmailAddress.KeyOf(other));

    [Theory]
    [InlineData("pathologi\u017Ft@example.org", "pathologist@example.org")]
    [InlineData("\u0131da@example.org", "ida@example.org")]
    public void A_letter_of_another_alphabet_makes_another_address(string one, string other) => Assert.NotEqual(EmailAddress.KeyOf(one), EmailAddress.KeyOf(other));

    [Property(MaxTest = 2000)]
    public Property What_counts_as_an_address_stays_one_and_holds_nothing_that_a_page_or_a_mail_program_would_take_for_something_else() => Prop.ForAll(Entered.ToArbitrary(), entered =>
    {
        var outcome = EmailAddress.Check(entered);
        if (outcome.Succeeded)
        {
            Assert.Equal(outcome.Value, EmailAddress.Check(outcome.Value).Value);
            Assert.Equal(EmailAddress.KeyOf(outcome.Value), EmailAddress.KeyOf(EmailAddress.KeyOf(outcome.Value)));
            Assert.Single(outcome.Value, c => c == '@');
            Assert.DoesNotContain(outcome.Value, c => char.IsControl(c) || char.IsWhiteSpace(c) || "<>\"()[],;:\\".Contains(c, StringComparison.Ordinal));
        }
    });

    private static Gen<string> Entered { get; } = Gen.Elements(
        "ada", "A", "é", "e\u0301", "я", "中", ".", "-", "+", "@", "@", "x", "org", "xn--", "<", ">", "\"", "(", ",", ";", ":", "[", " ", "\u202E", "\u200D", "\0", "\n", "\uD83D", "ß", "。").ArrayOf().Select(string.Concat);
}
