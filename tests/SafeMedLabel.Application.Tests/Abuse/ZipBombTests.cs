using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Abuse;

/// <summary>A zip costs no more than its size allows for.</summary>
public sealed class ZipBombTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_zip_whose_files_are_all_one_is_refused() => AssertOverlaps(HostileZips.OneForAll(30_001, 1 << 20));

    [Fact]
    public void A_zip_whose_files_quote_the_next_ones_is_refused() => AssertOverlaps(HostileZips.Quoting(100, 1 << 20));

    [Fact]
    public void A_zip_whose_files_hide_the_next_ones_headers_is_refused()
    {
        AssertOverlaps(HostileZips.HidingHeaders(100, 1 << 20));

        // By the directory alone these two seem to lie apart.
        AssertOverlaps(HostileZips.HidingHeaders(2, 0));
    }

    [Fact]
    public void A_zip_whose_file_reaches_into_the_directory_is_refused() => AssertOverlaps(HostileZips.OverItsDirectory());

    [Fact]
    public void A_zip_that_lists_its_files_in_another_order_than_they_lie_is_read()
    {
        using var source = DatasetSource.Open(_folder.Add("backwards.zip", HostileZips.Backwards(20, i => Pictures.Png(i))), cancellationToken: Cancellation);
        Assert.Equal(20, source.FileCount);
        Assert.All(source.Files, file => Assert.Equal(Pictures.Png(int.Parse(file.Name[..^4], System.Globalization.CultureInfo.InvariantCulture)), file.Read()));
    }

    [Fact]
    public void A_zip_that_unfolds_to_far_more_than_its_size_in_all_is_refused_though_none_of_its_files_does()
    {
        var path = _folder.Add("many.zip", HostileZips.Backwards(40, _ => new byte[1 << 20]));
        using (DatasetSource.Open(path, cancellationToken: Cancellation))
        {
            // A few mebibytes may be anything.
        }

        var refusal = Assert.Throws<DatasetException>(() => DatasetSource.Open(path, SourceLimits.Default with { PlausibleTotal = 1 << 20 }, cancellationToken: Cancellation));
        Assert.Contains("far more than its size allows for", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_has_more_than_it_says_is_not_unpacked_to_its_end()
    {
        using var source = DatasetSource.Open(_folder.Add("liar.zip", HostileZips.Understating(2, 60 << 20, 10)), cancellationToken: Cancellation);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.All(source.Files, file => Assert.Contains("damaged in the zip", Assert.Throws<ImageRejectedException>(() => file.Read()).Message, StringComparison.Ordinal));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Fact]
    public void Unpacking_that_takes_too_long_ends_the_whole_zip()
    {
        var patience = SourceLimits.Default with { UnpackingTime = TimeSpan.Zero, UnpackingTimePerMebibyte = TimeSpan.Zero, UnpackingTimePerFile = TimeSpan.Zero };
        using var source = DatasetSource.Open(_folder.Add("slow.zip", HostileZips.Backwards(3, _ => new byte[1 << 20])), patience, cancellationToken: Cancellation);
        var files = source.Files.ToList();
        files[0].Read();
        Assert.Contains("takes too long to unpack", Assert.Throws<DatasetException>(() => files[1].Read()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_cancels_is_heard_before_the_listing_is_done()
    {
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await cancelled.CancelAsync();
        var zip = _folder.Add("set/a.zip", HostileZips.Backwards(4, i => Pictures.Png(i)));
        Assert.Throws<OperationCanceledException>(() => DatasetSource.Open(zip, cancellationToken: cancelled.Token));
        Assert.Throws<OperationCanceledException>(() => DatasetSource.Open(_folder.Path, cancellationToken: cancelled.Token));
    }

    [Fact]
    public void While_files_are_read_to_be_compared_their_number_is_told()
    {
        using var source = DatasetSource.Open(_folder.Add("told.zip", HostileZips.Backwards(600, i => [(byte)i, (byte)(i >> 8)])), cancellationToken: Cancellation);
        var told = new List<int>();
        SourceInventory.Take(source, told.Add, Cancellation);
        Assert.Equal([256, 512, 600], told);
    }

    private void AssertOverlaps(byte[] zip)
    {
        var refusal = Assert.Throws<DatasetException>(() => DatasetSource.Open(_folder.Add("bomb.zip", zip), cancellationToken: Cancellation));
        Assert.Equal("'bomb.zip' is refused: files in it lie one over the other; it is damaged, or made to unfold without end.", refusal.Message);
    }
}
