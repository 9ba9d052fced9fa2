using Bunit;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Core.Statistics;
using SafeMedLabel.Web.Components.Controls;

namespace SafeMedLabel.Web.Tests;

public sealed class CertificateTextTests : BunitContext
{
    private static readonly Certificate Promise = new(0.93, 0.8, 2_310, 16, 13, 0.0094, 0.01, 0.05);

    [Fact]
    public void A_promise_names_its_images_and_patients_and_what_came_of_it_on_the_test_set()
    {
        var text = Show(Promise, new RateInterval(0.003, 0.016));

        Assert.Contains("Certified over 0.9300:", text.Find("[data-testid=certificate]").TextContent, StringComparison.Ordinal);
        Assert.Contains("2,310 calibration images of 16 patients", text.Markup, StringComparison.Ordinal);
        var tested = text.Find("[data-testid=certificate-tested]").TextContent;
        Assert.Contains("0.80 % there (0.30 – 1.60) and answers 78.00 %.", tested, StringComparison.Ordinal);
    }

    [Fact]
    public void A_promise_that_the_test_set_breaks_beyond_chance_sends_every_image_to_an_expert() =>
        Assert.Contains("Refer every image to an expert", Show(Promise, new RateInterval(0.0101, 0.03)).Find("[data-testid=certificate-tested]").TextContent, StringComparison.Ordinal);

    [Fact]
    public void A_certificate_that_does_not_know_its_patients_is_none() =>
        Assert.Contains("No certificate", Show(Promise with { Patients = 0 }, new RateInterval(0.003, 0.016)).Find("[data-testid=certificate]").TextContent, StringComparison.Ordinal);

    private IRenderedComponent<CertificateText> Show(Certificate promise, RateInterval tested) => Render<CertificateText>(p => p.Add(c => c.Round, new Round
    {
        Method = "safemed-ssl",
        CertifiedRate = 0.01,
        CertifiedDoubt = 0.05,
        Certificate = promise,
        Measures = [new(Measure.CertifiedSilentFailureRate, null, 0.008, tested, 4_600), new(Measure.CertifiedCoverage, null, 0.78, null, 4_600)],
        Gate = new GateReport(GateVerdict.Pass, 0.8, 4_600, 40, []),
    }));
}
