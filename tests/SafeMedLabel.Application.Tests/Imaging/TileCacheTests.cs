using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Imaging;

public sealed class TileCacheTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ContentStore _store;
    private readonly TileCache _tiles;

    public TileCacheTests()
    {
        var storage = new StorageOptions { Root = _folder.Path };
        _store = new ContentStore(storage.ContentFolder);
        _tiles = new TileCache(storage, _store);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _tiles.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(512, 512, 1)]
    [InlineData(513, 40, 2)]
    [InlineData(1300, 700, 3)]
    [InlineData(40, 2049, 4)]
    public async Task The_last_level_is_the_image_and_the_first_is_one_tile(int width, int height, int levels)
    {
        var picture = Pictures.Png(1, width, height);
        var hash = _store.Put(picture);
        Assert.Equal(levels, new TilePyramid(width, height).Levels);

        var whole = ImageDecoder.Decode(picture);
        for (var (row, rows) = (0, (height + 511) / 512); row < rows; row++)
        {
            for (var (column, columns) = (0, (width + 511) / 512); column < columns; column++)
            {
                var tile = ImageDecoder.Decode((await _tiles.ReadAsync(hash, levels - 1, column, row, Cancellation))!);
                Assert.Equal((Math.Min(512, width - (512 * column)), Math.Min(512, height - (512 * row))), (tile.Width, tile.Height));
                Assert.Equal(Part(whole, 512 * column, 512 * row, tile.Width, tile.Height), tile.Rgb);
            }
        }

        var first = ImageDecoder.Decode((await _tiles.ReadAsync(hash, 0, 0, 0, Cancellation))!);
        Assert.InRange(Math.Max(first.Width, first.Height), 256, 512);
        foreach (var (level, column, row) in new[] { (levels, 0, 0), (-1, 0, 0), (0, 1, 0), (0, 0, -1) })
        {
            Assert.Null(await _tiles.ReadAsync(hash, level, column, row, Cancellation));
        }
    }

    [Fact]
    public async Task Tiles_are_kept_of_the_most_recent_images_and_made_again_of_the_others()
    {
        var hashes = Enumerable.Range(0, TileCache.MaximumImages + 2).Select(i => _store.Put(Pictures.Png(i, 520, 10))).ToList();
        foreach (var hash in hashes)
        {
            await _tiles.PrepareAsync(hash, Cancellation);
        }

        Assert.Equal(hashes[2..].Order(), Directory.EnumerateDirectories(_folder.File("tiles")).Select(d => Path.GetFileName(d)).Order());
        Assert.NotNull(await _tiles.ReadAsync(hashes[0], 0, 0, 0, Cancellation));
    }

    [Fact]
    public async Task Many_who_ask_at_once_wait_for_one_making_and_one_that_fails_leaves_nothing()
    {
        var hash = _store.Put(Pictures.Png(1, 1300, 700));
        var asked = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _tiles.ReadAsync(hash, 2, 1, 1, Cancellation)));
        Assert.All(asked, tile => Assert.Equal(asked[0], tile));

        var damaged = _store.Put([1, 2, 3]);
        await Assert.ThrowsAsync<ImageRejectedException>(() => _tiles.ReadAsync(damaged, 0, 0, 0, Cancellation));
        Assert.Equal([hash], Directory.EnumerateDirectories(_folder.File("tiles")).Select(d => Path.GetFileName(d)));
    }

    private static byte[] Part(DecodedImage image, int left, int top, int width, int height) =>
        [.. Enumerable.Range(top, height).SelectMany(y => image.Rgb.AsSpan(3 * ((y * image.Width) + left), 3 * width).ToArray())];
}
