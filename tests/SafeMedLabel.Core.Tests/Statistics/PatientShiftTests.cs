using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Tests.Statistics;

public sealed class PatientShiftTests
{
    /// <summary>Student's sleep data: hours gained by ten patients on each of two drugs, whose pooled test has t = 1.8608 and p = 0.07919 (as in R's manual of t.test).</summary>
    [Fact]
    public void Students_sleep_data_give_the_published_p_value()
    {
        double[] first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
        double[] second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];

        var shift = PatientShift.Between(first, second)!;

        Assert.Equal((0.75, 2.33), (shift.Reference, shift.Value), (a, b) => Math.Abs(a.Item1 - b.Item1) < 1e-12 && Math.Abs(a.Item2 - b.Item2) < 1e-12);
        Assert.Equal(0.07919, shift.PValue, 5);
        Assert.Equal(1.58 / 1.78901, shift.Deviations, 4);
    }

    /// <summary>With one patient t is its distance in standard deviations divided by √(1 + 1/n); t = 2.776445 with 4 degrees of freedom is the 97.5 % quantile in every table.</summary>
    [Fact]
    public void A_single_patient_is_held_against_the_spread_of_the_others()
    {
        double[] reference = [-2, -1, 0, 1, 2];
        var edge = 2.776445 * Math.Sqrt(2.5) * Math.Sqrt(1 + (1.0 / 5));

        Assert.Equal(0.05, PatientShift.Between(reference, [edge])!.PValue, 6);
        Assert.True(PatientShift.Between(reference, [-edge])!.Deviations < 0);
    }

    [Fact]
    public void Patients_drawn_like_the_others_are_called_unusual_as_often_as_the_level_says()
    {
        const int repeats = 4000;
        var random = new Random(5);
        double Draw() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        double[] Patients(int count) => [.. Enumerable.Range(0, count).Select(_ => Draw())];

        var unusual = Enumerable.Range(0, repeats).Count(i => PatientShift.Between(Patients(12), Patients(1 + (i % 4)))!.PValue < 0.05);

        // Five standard errors about 5 %.
        Assert.InRange(unusual / (double)repeats, 0.033, 0.067);
    }

    [Fact]
    public void Too_few_patients_to_know_their_spread_say_nothing()
    {
        Assert.Null(PatientShift.Between([1, 2, 3, 4], [9]));
        Assert.Null(PatientShift.Between([1, 2, 3, 4, 5], []));
        Assert.Null(PatientShift.Between([1, 1, 1, 1, 1], [9]));
    }
}
