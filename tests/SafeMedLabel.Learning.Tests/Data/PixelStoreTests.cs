using SafeMedLabel.Learning.Data;
using SafeMedLabel.Testing;
using TorchSharp;

namespace SafeMedLabel.Learning.Tests.Data;

public sealed class PixelStoreTests : IDisposable
{
    private const int Size = 4;
    private const int BytesPerImage = Size * Size * 3;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Images_of_a_file_come_in_the_order_asked_for_as_planes_from_0_to_1()
    {
        using var store = new PixelStore(Write(images: 5), Size);
        using var images = store.Gather([3, 0]);

        Assert.Equal([2, 3, Size, Size], images.shape);
        foreach (var (place, row) in new[] { 3, 0 }.Index())
        {
            for (var channel = 0; channel < 3; channel++)
            {
                Assert.Equal(Pixel(row, (((1 * Size) + 2) * 3) + channel) / 255f, images[place, channel, 1, 2].ToSingle(), 6);
            }
        }
    }

    [Fact]
    public void A_file_and_its_bytes_in_memory_give_the_same_images()
    {
        var path = Write(images: 3);
        using var onDisk = new PixelStore(path, Size);
        using var inMemory = new PixelStore(File.ReadAllBytes(path), Size);
        using var one = onDisk.Gather([0, 1, 2]);
        using var other = inMemory.Gather([0, 1, 2]);

        Assert.Equal(one.data<float>().ToArray(), other.data<float>().ToArray());
    }

    [Fact]
    public void Several_threads_gather_at_once()
    {
        using var store = new PixelStore(Write(images: 64), Size);

        Parallel.For(0, 256, i =>
        {
            using var image = store.Gather([i % 64]);
            Assert.Equal(Pixel(i % 64, 0) / 255f, image[0, 0, 0, 0].ToSingle(), 6);
        });
    }

    [Fact]
    public void A_length_that_is_no_whole_number_of_images_is_refused()
    {
        var path = _folder.File("pixels");
        File.WriteAllBytes(path, new byte[BytesPerImage + 1]);

        var refused = Assert.Throws<InvalidDataException>(() => new PixelStore(path, Size));
        Assert.Contains("no whole number of 4 × 4 images", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_cut_short_while_it_is_read_is_an_error_and_no_crash()
    {
        var path = Write(images: 3);
        using var store = new PixelStore(path, Size);
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(BytesPerImage);
        }

        using (store.Gather([0]))
        {
            Assert.Throws<InvalidDataException>(() => store.Gather([2]));
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    public void An_image_that_is_not_there_is_refused(int index)
    {
        using var store = new PixelStore(Write(images: 3), Size);

        Assert.Throws<ArgumentOutOfRangeException>(() => store.Gather([index]));
    }

    private static byte Pixel(int image, int offset) => (byte)((image * 37) + offset);

    private string Write(int images)
    {
        var path = _folder.File("pixels");
        File.WriteAllBytes(path, [.. Enumerable.Range(0, images).SelectMany(i => Enumerable.Range(0, BytesPerImage).Select(offset => Pixel(i, offset)))]);
        return path;
    }
}
