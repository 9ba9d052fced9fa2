using FsCheck.Xunit;
using SafeMedLabel.Core.Acquisition;

namespace SafeMedLabel.Core.Tests.Acquisition;

public sealed class LikenessTests
{
    [Fact]
    public void The_distance_is_the_sum_of_squared_differences() => Assert.Equal(9 + 16 + (255 * 255), Likeness.Distance([3, 0, 0], [0, 4, 255]));

    [Property]
    public bool The_distance_is_as_long_back_as_forth_and_nothing_to_oneself(byte a, byte b, byte c, byte d) =>
        Likeness.Distance([a, b], [c, d]) == Likeness.Distance([c, d], [a, b]) && Likeness.Distance([a, b], [a, b]) == 0;

    [Fact]
    public void The_most_alike_come_first_and_ties_stay_in_their_order()
    {
        byte[][] images = [[9], [1], [5], [3], [5]];

        Assert.Equal([2, 4, 3], Likeness.Nearest([5], images.Index(), image => image.Item, 3).Select(image => image.Index));
    }

    [Fact]
    public void An_image_without_numbers_is_like_any_other() => Assert.Equal(0, Likeness.Distance([], [1, 2]));

    [Fact]
    public void Images_of_different_measures_cannot_be_compared() => Assert.Throws<ArgumentException>(() => Likeness.Distance([1], [1, 2]));
}
