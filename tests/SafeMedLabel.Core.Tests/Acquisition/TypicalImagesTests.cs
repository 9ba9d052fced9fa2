using FsCheck.Xunit;
using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Tests.Acquisition;

public sealed class TypicalImagesTests
{
    [Fact]
    public void Of_each_group_of_look_alikes_the_one_in_its_middle_is_chosen_and_the_largest_group_comes_first()
    {
        byte[][] images =
        [
            [10, 10], [11, 10], [9, 10], [10, 11], [10, 9],
            [200, 200], [200, 203], [203, 200], [197, 200], [200, 197], [204, 204],
        ];

        Assert.Equal([5, 0], TypicalImages.Choose(images, Hashes(images.Length), 2, seed: 1));
    }

    [Fact]
    public void A_few_stragglers_come_after_every_group_whatever_their_place()
    {
        byte[][] images = [[250, 0], [251, 0], .. Cloud(20, 40, 40, seed: 1), .. Cloud(10, 200, 200, seed: 2)];

        var chosen = TypicalImages.Choose(images, Hashes(images.Length), 3, seed: 5);

        Assert.InRange(chosen[0], 2, 21);
        Assert.InRange(chosen[1], 22, 31);
        Assert.InRange(chosen[2], 0, 1);
    }

    [Fact]
    public void Where_there_are_fewer_different_images_than_to_choose_the_groups_take_turns()
    {
        byte[][] images = [.. Enumerable.Repeat<byte[]>([1], 6), .. Enumerable.Repeat<byte[]>([99], 7)];

        var chosen = TypicalImages.Choose(images, Hashes(images.Length), 4, seed: 3);

        Assert.Equal([6, 0, 7, 1], chosen);
    }

    [Property]
    public bool Each_image_is_chosen_once_at_most_and_as_many_as_asked_for(byte[] numbers, byte count, ulong seed)
    {
        byte[][] images = [.. numbers.Chunk(2).Where(pair => pair.Length == 2)];

        var chosen = TypicalImages.Choose(images, Hashes(images.Length), count, seed);

        return chosen.Distinct().Count() == Math.Min(count, images.Length) && chosen.Length == chosen.Distinct().Count();
    }

    [Property]
    public bool The_order_of_the_images_does_not_matter(byte[] numbers, byte count, ulong seed)
    {
        byte[][] images = [.. numbers.Chunk(2).Where(pair => pair.Length == 2)];
        string[] hashes = Hashes(images.Length);
        int[] order = [.. Enumerable.Range(0, images.Length).Reverse()];

        var straight = TypicalImages.Choose(images, hashes, count, seed).Select(i => hashes[i]);
        var reversed = TypicalImages.Choose([.. order.Select(i => images[i])], [.. order.Select(i => hashes[i])], count, seed).Select(i => hashes[order[i]]);

        return straight.SequenceEqual(reversed);
    }

    [Fact]
    public void Lists_of_different_length_are_refused() => Assert.Throws<ArgumentException>(() => TypicalImages.Choose([[1]], [], 1, 0));

    private static string[] Hashes(int count) => [.. Enumerable.Range(0, count).Select(i => $"{i:00000}")];

    private static List<byte[]> Cloud(int count, byte x, byte y, ulong seed)
    {
        var random = new SeededRandom(seed, "cloud");
        return [.. Enumerable.Range(0, count).Select(_ => new[] { (byte)(x + (random.NextDouble() * 12)), (byte)(y + (random.NextDouble() * 12)) })];
    }
}
