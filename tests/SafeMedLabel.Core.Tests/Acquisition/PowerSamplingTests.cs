using FsCheck;
using FsCheck.Xunit;
using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Tests.Acquisition;

public class PowerSamplingTests
{
    [Fact]
    public void The_first_image_drawn_is_drawn_in_proportion_to_its_score()
    {
        const int Draws = 20_000;
        double[] scores = [1, 2, 5, 0];
        var counts = new int[4];
        for (var seed = 0; seed < Draws; seed++)
        {
            counts[PowerSampling.Draw(scores, ["a", "b", "c", "d"], 1, (ulong)seed)[0]]++;
        }

        Assert.Equal(1 / 8.0, counts[0] / (double)Draws, 0.015);
        Assert.Equal(2 / 8.0, counts[1] / (double)Draws, 0.015);
        Assert.Equal(5 / 8.0, counts[2] / (double)Draws, 0.015);
        Assert.Equal(0, counts[3]);
    }

    [Fact]
    public void Images_scored_zero_are_drawn_after_all_others()
    {
        var drawn = PowerSampling.Draw([0, 1e-12, 0, 3], ["a", "b", "c", "d"], 4, 3);

        Assert.Equal([1, 3], drawn[..2].Order());
        Assert.Equal([0, 2], drawn[2..].Order());
    }

    [Fact]
    public void A_temperature_near_zero_draws_the_plain_ranking()
    {
        Assert.Equal([2, 1, 3, 0], PowerSampling.Draw([1, 3, 4, 2], ["a", "b", "c", "d"], 4, 3, temperature: 1e-4));
    }

    [Property]
    public void The_batch_does_not_depend_on_the_order_of_the_images(ulong seed, PositiveInt count)
    {
        var random = new SeededRandom(seed, "batch");
        var images = Enumerable.Range(0, count.Get).Select(i => (Hash: $"h{i}", Score: random.NextDouble())).ToArray();
        var drawn = Draw(images);
        random.Shuffle<(string, double)>(images);

        Assert.Equal(drawn, Draw(images));
        Assert.Equal(Math.Min(5, count.Get), drawn.Distinct().Count());

        string[] Draw((string Hash, double Score)[] images) =>
            [.. PowerSampling.Draw([.. images.Select(i => i.Score)], [.. images.Select(i => i.Hash)], 5, seed).Select(i => images[i].Hash)];
    }

    [Fact]
    public void Scores_that_no_chance_can_be_in_proportion_to_are_refused()
    {
        Assert.Throws<ArgumentException>(() => PowerSampling.Draw([-0.1], ["a"], 1, 0));
        Assert.Throws<ArgumentException>(() => PowerSampling.Draw([double.NaN], ["a"], 1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => PowerSampling.Draw([1], ["a"], 1, 0, temperature: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => PowerSampling.Draw([1], ["a"], -1, 0));
    }
}
