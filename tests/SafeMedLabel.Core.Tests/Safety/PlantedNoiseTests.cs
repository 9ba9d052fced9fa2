using FsCheck;
using FsCheck.Xunit;
using SafeMedLabel.Core.Safety;

namespace SafeMedLabel.Core.Tests.Safety;

public class PlantedNoiseTests
{
    [Property]
    public void As_many_labels_are_wrong_as_were_asked_for_and_no_others(ulong seed, byte[] raw, byte part)
    {
        int[] labels = [.. raw.Select(b => b % 3)];
        var fraction = part / 255.0;
        var noise = PlantedNoise.Plant(labels, 3, fraction, seed);

        Assert.Equal((int)Math.Round(fraction * labels.Length, MidpointRounding.AwayFromZero), noise.Wrong.Count);
        Assert.All(Enumerable.Range(0, labels.Length), i => Assert.Equal(noise.Wrong.Contains(i), noise.Labels[i] != labels[i]));
        Assert.All(noise.Labels, label => Assert.InRange(label, 0, 2));
    }

    [Fact]
    public void The_wrong_classes_are_about_equally_frequent_in_either_direction()
    {
        var noise = PlantedNoise.Plant([.. Enumerable.Range(0, 3000).Select(i => i % 3)], 3, 0.5, 1);
        var directions = noise.Wrong.CountBy(i => (i % 3, noise.Labels[i])).ToDictionary();

        Assert.Equal(6, directions.Count);
        Assert.All(directions.Values, count => Assert.InRange(count, 200, 300));
    }

    [Fact]
    public void A_seed_plants_the_same_again_and_another_seed_others()
    {
        int[] labels = [.. Enumerable.Range(0, 100).Select(i => i % 2)];

        Assert.Equal(PlantedNoise.Plant(labels, 2, 0.1, 1).Labels, PlantedNoise.Plant(labels, 2, 0.1, 1).Labels);
        Assert.NotEqual(PlantedNoise.Plant(labels, 2, 0.1, 1).Labels, PlantedNoise.Plant(labels, 2, 0.1, 2).Labels);
    }

    [Fact]
    public void A_fraction_out_of_its_range_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => PlantedNoise.Plant([0, 1], 2, 1.5, 0));
}
