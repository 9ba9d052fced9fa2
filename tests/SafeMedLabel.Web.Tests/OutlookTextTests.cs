using Bunit;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Web.Components.Controls;

namespace SafeMedLabel.Web.Tests;

public sealed class OutlookTextTests : BunitContext
{
    [Theory]
    [InlineData(Prospect.Helps, -0.002, 0.001, "About 300 more labels should lower silent failures by 0.20 ± 0.10 points.")]
    [InlineData(Prospect.NoLongerHelps, 0.0001, 0.0005, "More labels of this kind no longer help: 300 would lower silent failures by 0.04 points at best.")]
    [InlineData(Prospect.Unclear, -0.002, 0.01, "The rounds do not say yet what more labels do: 300 would change silent failures by −0.20 points, give or take 1.00.")]
    [InlineData(Prospect.TooFewRounds, null, null, "A forecast takes 4 rounds of one recipe on different numbers of labels. There is none yet.")]
    public void What_more_labels_do_is_said_in_one_sentence(Prospect prospect, double? change, double? margin, string expected)
    {
        var text = Render<OutlookText>(p => p.Add(c => c.Outlook, new Outlook(prospect, [], 300, change, margin)));

        Assert.Equal(expected, text.Find("[data-testid=outlook]").TextContent);
    }

    [Fact]
    public void Silent_failures_that_rise_send_a_lead_to_look_at_them() =>
        Assert.StartsWith(
            "Silent failures have risen with the labels, by 0.20 ± 0.10 points for 300",
            Render<OutlookText>(p => p.Add(c => c.Outlook, new Outlook(Prospect.Harms, [], 300, 0.002, 0.001))).Find("[data-testid=outlook]").TextContent,
            StringComparison.Ordinal);
}
