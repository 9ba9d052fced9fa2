using SafeMedLabel.Application.Imaging;

namespace SafeMedLabel.Application.Tests.Imaging;

public sealed class ImageColourTests
{
    [Fact]
    public void Black_around_a_cell_changes_nothing_of_its_colour()
    {
        byte[] cell = [200, 100, 50, 200, 100, 50];

        var bare = ImageColour.Of(new DecodedImage(2, 1, cell));

        Assert.Equal((200 / 255.0, 100 / 255.0, 50 / 255.0, 0.0), (bare.Red, bare.Green, bare.Blue, bare.Contrast));
        Assert.Equal(bare, ImageColour.Of(new DecodedImage(4, 1, [.. cell, 0, 0, 0, 8, 8, 8])));
    }

    /// <summary>Grey levels 100 and 200 are 50 away from their mean.</summary>
    [Fact]
    public void Contrast_is_the_standard_deviation_of_luma()
    {
        var colour = ImageColour.Of(new DecodedImage(2, 1, [100, 100, 100, 200, 200, 200]));

        Assert.Equal((150 / 255.0, 50 / 255.0), (colour.Green, colour.Contrast), (a, b) => Math.Abs(a.Item1 - b.Item1) < 1e-12 && Math.Abs(a.Item2 - b.Item2) < 1e-12);
    }

    [Fact]
    public void A_black_image_has_no_colour() => Assert.Equal(new ImageColour(0, 0, 0, 0), ImageColour.Of(new DecodedImage(1, 1, [0, 0, 0])));
}
