using SafeMedLabel.Application.Imaging;
using SkiaSharp;

namespace SafeMedLabel.Application.Tests.Imaging;

public sealed class AttributionPictureTests
{
    [Fact]
    public void The_veil_leaves_bare_where_the_evidence_is_strongest_and_hides_most_where_there_is_none()
    {
        using var picture = SKBitmap.Decode(AttributionPicture.ToVeilPng([0, 128, 255, 64]));

        Assert.Equal((2, 2), (picture.Width, picture.Height));
        byte[] alpha = [picture.GetPixel(0, 0).Alpha, picture.GetPixel(1, 0).Alpha, picture.GetPixel(0, 1).Alpha, picture.GetPixel(1, 1).Alpha];
        Assert.Equal([160, 80, 0, 120], alpha);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void A_map_that_is_no_square_is_refused(int places) => Assert.Throws<ArgumentException>(() => AttributionPicture.ToVeilPng(new byte[places]));
}
