using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Tests.Statistics;

public class PatientBootstrapTests
{
    [Fact]
    public void Two_models_that_differ_nowhere_have_a_difference_of_nothing()
    {
        Assert.Equal(new RateInterval(0, 0), PatientBootstrap.Difference(["a", "a", "b", "c"], _ => 0, 0));
        Assert.Null(PatientBootstrap.Difference(["a", "a"], _ => 1, 0));
    }

    [Fact]
    public void A_difference_has_the_interval_of_a_rate_where_the_other_model_never_errs()
    {
        string[] patients = [.. Enumerable.Range(0, 60).Select(i => $"p{i / 3}")];

        var rate = PatientBootstrap.Interval(patients, i => i % 4 == 0, 3)!.Value;
        var difference = PatientBootstrap.Difference(patients, i => i % 4 == 0 ? 1 : 0, 3)!.Value;
        var turned = PatientBootstrap.Difference(patients, i => i % 4 == 0 ? -1 : 0, 3)!.Value;

        Assert.Equal(rate, difference);
        Assert.Equal(-rate.Low, turned.High, 1e-12);
    }

    [Fact]
    public void Fewer_than_two_patients_have_no_interval()
    {
        Assert.Null(PatientBootstrap.Interval([], [], 0));
        Assert.Null(PatientBootstrap.Interval([3], [10], 0));
        Assert.Null(PatientBootstrap.Interval([3, 0], [10, 0], 0));
    }

    [Fact]
    public void Patients_that_all_err_alike_leave_no_doubt_between_them()
    {
        Assert.Equal(new RateInterval(0.1, 0.1), PatientBootstrap.Interval([1, 2, 3], [10, 20, 30], 0));
    }

    [Fact]
    public void Two_patients_that_differ_wholly_say_almost_nothing()
    {
        // Resampled rates are 0, ½ and 1 with chances ¼, ½ and ¼: both tails reach the ends.
        Assert.Equal(new RateInterval(0, 1), PatientBootstrap.Interval([0, 10], [10, 10], 0));
    }

    [Fact]
    public void With_one_item_a_patient_the_interval_is_the_binomial_one()
    {
        // 200 patients, rate 0.3: the normal approximation is 0.3 ± 1.96·√(0.3·0.7/200) = 0.3 ± 0.0635.
        var events = Enumerable.Range(0, 200).Select(i => i < 60 ? 1 : 0).ToArray();
        var interval = PatientBootstrap.Interval(events, [.. Enumerable.Repeat(1, 200)], 5)!.Value;

        Assert.Equal(0.3 - 0.0635, interval.Low, 0.01);
        Assert.Equal(0.3 + 0.0635, interval.High, 0.01);
    }

    [Fact]
    public void Clustered_mistakes_make_the_interval_wider_than_scattered_ones()
    {
        var items = Enumerable.Repeat(20, 20).ToArray();
        var clustered = PatientBootstrap.Interval([.. Enumerable.Range(0, 20).Select(i => i < 4 ? 20 : 0)], items, 1)!.Value;
        var scattered = PatientBootstrap.Interval([.. Enumerable.Range(0, 20).Select(i => 3 + (i % 3))], items, 1)!.Value;

        Assert.True(clustered.High - clustered.Low > 5 * (scattered.High - scattered.Low));
    }

    [Fact]
    public void Equal_seeds_give_equal_intervals_and_items_may_come_in_any_order()
    {
        string[] patients = ["b", "a", "b", "c", "a", "c", "c", "d"];
        bool[] events = [true, false, false, true, true, false, false, true];
        var interval = PatientBootstrap.Interval(patients, i => events[i], 9);

        Assert.Equal(interval, PatientBootstrap.Interval(patients, i => events[i], 9));
        Assert.Equal(interval, PatientBootstrap.Interval([.. patients.Reverse()], i => events[^(i + 1)], 9));
        Assert.Equal(interval, PatientBootstrap.Interval([1, 1, 1, 1], [2, 2, 3, 1], 9));
    }

    [Fact]
    public void More_events_than_items_are_refused()
    {
        Assert.Throws<ArgumentException>(() => PatientBootstrap.Interval([3, 1], [2, 2], 0));
        Assert.Throws<ArgumentException>(() => PatientBootstrap.Interval([1], [2, 2], 0));
    }
}
