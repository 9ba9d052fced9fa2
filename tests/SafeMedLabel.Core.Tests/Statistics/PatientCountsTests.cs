using FsCheck.Xunit;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Tests.Statistics;

public sealed class PatientCountsTests
{
    /// <summary>Student's t for one degree of freedom is Cauchy's: 95 % lie below tan(0.45 π).</summary>
    private static readonly double Cauchy95 = Math.Tan(0.45 * Math.PI);

    [Fact]
    public void Patients_of_one_image_each_are_bounded_as_independent_images_are()
    {
        var counts = Counts([.. Enumerable.Range(0, 400).Select(i => $"{i}")], [3, 50, 200]);

        Assert.Equal(BinomialInterval.UpperBound(3, 400, 0.05), counts.UpperBound(0.05, spread: 0), 1e-9);
    }

    /// <summary>
    /// Two patients of 50 images with 1 and 5 events: p = 0.06, residuals −2 and 2, variance 2 ÷ 1 × 8 ÷ 100² = 0.0016 where chance alone gives
    /// 0.06 × 0.94 ÷ 100 = 0.000564. The design effect, 2.8369, is 1 + spread × 50 × 0.06.
    /// </summary>
    [Fact]
    public void The_spread_is_what_patients_differ_by_beyond_chance()
    {
        var counts = Counts(TwoPatients, [0, 1, 3, 5, 7, 9]);

        Assert.Equal(((0.0016 / 0.000564) - 1) / 3, counts.Spread(), 1e-12);
    }

    [Fact]
    public void Patients_who_differ_by_less_than_chance_have_no_spread()
    {
        Assert.Equal(0, Counts(TwoPatients, [0, 1, 2, 3]).Spread());
        Assert.Equal(0, Counts(TwoPatients, []).Spread());
        Assert.Equal(0, Counts(TwoPatients, [.. Enumerable.Range(0, 100)]).Spread());
    }

    /// <summary>
    /// No event among m images that count: the bound r solves (1 − r)^m = 0.05 with m = 100 (t of 99 ÷ t of 1 degrees of freedom)² ÷ (1 + 0.02 × 50 r).
    /// </summary>
    [Fact]
    public void Few_patients_who_differ_count_as_few_images()
    {
        const double Student99 = 1.6603911560169928;
        var bound = Counts(TwoPatients, []).UpperBound(0.05, spread: 0.02);

        var images = 100 * Math.Pow(Student99 / Cauchy95, 2) / (1 + bound);
        Assert.Equal(0.05, Math.Pow(1 - bound, images), 1e-6);
    }

    [Fact]
    public void One_patient_says_nothing_about_others() =>
        Assert.Equal(1, Counts([.. Enumerable.Repeat("A", 5000)], []).UpperBound(0.05, spread: 0));

    [Property]
    public bool More_events_a_larger_spread_and_less_doubt_never_lower_the_bound(byte events, byte more, byte spread, byte further)
    {
        string[] patients = [.. Enumerable.Range(0, 600).Select(i => $"{i % 12}")];
        var (few, many) = (Counts(patients, [.. Enumerable.Range(0, events)]), Counts(patients, [.. Enumerable.Range(0, events + more)]));
        double Spread(int of) => of / 32.0;

        return few.UpperBound(0.05, Spread(spread)) <= many.UpperBound(0.05, Spread(spread)) + 1e-9
            && few.UpperBound(0.05, Spread(spread)) <= few.UpperBound(0.05, Spread(spread + further)) + 1e-9
            && few.UpperBound(0.05, Spread(spread)) <= few.UpperBound(0.01, Spread(spread)) + 1e-9;
    }

    private static string[] TwoPatients { get; } = [.. Enumerable.Range(0, 100).Select(i => i % 2 == 0 ? "A" : "B")];

    private static PatientCounts Counts(string[] patients, int[] events)
    {
        var counts = new PatientCounts(patients);
        Array.ForEach(events, counts.Add);
        return counts;
    }
}
