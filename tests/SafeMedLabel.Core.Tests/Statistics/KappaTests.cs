using FsCheck.Xunit;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Tests.Statistics;

public sealed class KappaTests
{
    /// <summary>Two clinicians, 100 patients: J. Fleiss, B. Levin, M. Paik, <em>Statistical Methods for Rates and Proportions</em>, table 18.1.</summary>
    private static readonly int[][] Clinicians = [[75, 1, 4], [5, 4, 1], [0, 0, 10]];

    /// <summary>Ten subjects, 14 raters, five classes: the example of the article on Fleiss' kappa in Wikipedia, 0.210.</summary>
    private static readonly int[][] Raters =
    [
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ];

    [Fact]
    public void Two_readers_of_a_textbook()
    {
        var kappa = Kappa.Cohen(Clinicians);

        Assert.Equal((0.676, 0.89, 100), (Math.Round(kappa.Value, 3), kappa.Agreement, kappa.Images));
        // The book's error is 0.088.
        Assert.Equal(0.088, (kappa.Interval.High - kappa.Interval.Low) / (2 * 1.96), 0.0005);
    }

    [Fact]
    public void Many_readers_of_an_encyclopaedia() => Assert.Equal(0.210, Kappa.Fleiss(Raters).Value, 0.0005);

    [Fact]
    public void An_image_with_one_reading_says_nothing_of_agreement()
    {
        var kappa = Kappa.Fleiss([.. Raters, [1, 0, 0, 0, 0], [0, 0, 0, 0, 0]]);

        Assert.Equal(Kappa.Fleiss(Raters), kappa);
    }

    [Fact]
    public void Readers_who_always_agree_have_one_and_who_never_do_less_than_nothing()
    {
        Assert.Equal((1.0, new RateInterval(1, 1)), Value(Kappa.Cohen([[5, 0], [0, 7]])));
        Assert.Equal(-1, Kappa.Cohen([[0, 6], [6, 0]]).Value, 1e-12);
        Assert.Equal((1.0, new RateInterval(1, 1)), Value(Kappa.Fleiss([[2, 0], [0, 2], [3, 0], [0, 2]])));
        // Without the one image of the second class there would be no kappa to compare with.
        Assert.Equal((1.0, new RateInterval(double.NaN, double.NaN)), Value(Kappa.Fleiss([[2, 0], [0, 2], [3, 0]])));
        Assert.InRange(Kappa.Fleiss([[1, 1], [1, 1], [1, 1]]).Value, -1, 0);

        static (double, RateInterval) Value(Kappa kappa) => (kappa.Value, kappa.Interval);
    }

    [Fact]
    public void Where_everything_is_of_one_class_there_is_no_kappa() => Assert.True(double.IsNaN(Kappa.Cohen([[9, 0], [0, 0]]).Value));

    [Property]
    public void Which_reader_is_first_does_not_matter(byte a, byte b, byte c, byte d)
    {
        var (one, other) = (Kappa.Cohen([[a + 1, b], [c, d + 1]]), Kappa.Cohen([[a + 1, c], [b, d + 1]]));

        Assert.Equal(one.Value, other.Value, 1e-12);
        Assert.Equal(one.Interval.Low, other.Interval.Low, 1e-9);
        Assert.InRange(one.Value, one.Interval.Low, one.Interval.High);
    }

    [Fact]
    public void What_counts_nothing_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Kappa.Cohen([[0, 0], [0, 0]]));
        Assert.Throws<ArgumentException>(() => Kappa.Cohen([[1, 0]]));
        Assert.Throws<ArgumentException>(() => Kappa.Fleiss([[1, 1], [1, 0]]));
    }
}
