using FsCheck;
using FsCheck.Xunit;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Core.Tests.Splitting;

public class LabelledSubsetTests
{
    [Fact]
    public void The_classes_keep_their_proportions()
    {
        int[] classes = [.. Enumerable.Repeat(0, 300), .. Enumerable.Repeat(1, 100)];
        var drawn = LabelledSubset.Draw(classes, 0.2, 1);

        Assert.Equal(60, drawn.Count(i => classes[i] == 0));
        Assert.Equal(20, drawn.Count(i => classes[i] == 1));
    }

    [Fact]
    public void A_rare_class_is_drawn_at_least_once()
    {
        int[] classes = [.. Enumerable.Repeat(0, 999), 1];

        Assert.Contains(999, LabelledSubset.Draw(classes, 2, 1));
    }

    [Property]
    public void As_many_are_drawn_as_were_asked_for_each_once_in_order(ulong seed, byte[] raw, byte size)
    {
        int[] classes = [.. raw.Select(b => b % 4)];
        var count = Math.Min(size, classes.Length);
        var drawn = LabelledSubset.Draw(classes, count, seed);

        Assert.Equal(count, drawn.Length);
        Assert.Equal(drawn.Distinct().Order(), drawn);
        Assert.Equal(drawn, LabelledSubset.Draw(classes, count, seed));
    }

    [Fact]
    public void Another_seed_draws_others()
    {
        var classes = Enumerable.Range(0, 100).Select(i => i % 2).ToArray();

        Assert.NotEqual(LabelledSubset.Draw(classes, 20, 1), LabelledSubset.Draw(classes, 20, 2));
    }

    [Fact]
    public void More_than_there_are_cannot_be_drawn()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => LabelledSubset.Draw([0, 1], 3, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => LabelledSubset.Draw([0, 1], 1.5, 0));
    }
}
