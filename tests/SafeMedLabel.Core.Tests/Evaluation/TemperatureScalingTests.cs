using FsCheck.Xunit;
using SafeMedLabel.Core.Evaluation;

namespace SafeMedLabel.Core.Tests.Evaluation;

public class TemperatureScalingTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(3)]
    public void The_temperature_that_answers_were_sharpened_by_is_found(double temperature)
    {
        // Images whose true chance of class 1 is known, in as many copies of each class as it says: the fit of their logits × T is T.
        double[] chances = [0.1, 0.3, 0.6, 0.8, 0.95];
        var rows = chances.SelectMany(p => Enumerable.Range(0, 100).Select(i => (Label: i < (p * 100) - 1e-9 ? 1 : 0, P: Sharpen(p, temperature)))).ToArray();
        var set = new PredictionSet(2, [.. rows.Select(r => r.Label)], rows.SelectMany(r => new[] { 1 - r.P, r.P }).ToArray());

        Assert.Equal(temperature, TemperatureScaling.Fit(set), 0.01 * temperature);

        static double Sharpen(double p, double t) => 1 / (1 + Math.Pow((1 - p) / p, t));
    }

    [Property]
    public void It_stays_in_its_bounds_whatever_the_answers(byte[] confidences)
    {
        double[] ones = [.. confidences.Select(c => c / 255.0)];
        var set = new PredictionSet(2, [.. confidences.Select(c => c % 2)], ones.SelectMany(p => new[] { 1 - p, p }).ToArray());

        Assert.InRange(TemperatureScaling.Fit(set), TemperatureScaling.Lowest, TemperatureScaling.Highest);
    }

    [Fact]
    public void Of_no_images_it_is_one() => Assert.Equal(1, TemperatureScaling.Fit(new PredictionSet(2, [], Array.Empty<double>())));

    [Property]
    public void A_temperature_changes_the_level_and_neither_the_order_of_an_images_classes_nor_their_sum(ulong seed, byte quarters)
    {
        var (set, temperature) = (Predictions.Random(seed, 5, 3), (quarters + 1) / 64.0);
        var scaled = TemperatureScaling.Apply(set, temperature);

        for (var i = 0; i < set.Count; i++)
        {
            var (before, after) = (set.Probabilities(i).ToArray(), scaled.Probabilities(i).ToArray());
            Assert.Equal(set.Label(i), scaled.Label(i));
            Assert.Equal(1, after.Sum(), 1e-9);
            // Odds are raised to the power of 1 ÷ T.
            Assert.Equal(Math.Log(before[1] / before[0]) / temperature, Math.Log(after[1] / after[0]), 1e-6);
        }
    }
}
