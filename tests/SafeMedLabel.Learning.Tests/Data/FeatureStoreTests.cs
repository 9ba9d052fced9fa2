using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Learning.Data;
using SafeMedLabel.Testing;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Tests.Data;

public sealed class FeatureStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Path => System.IO.Path.Combine(_folder.Path, "cells.features");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Features_come_back_in_the_order_asked_for_rounded_to_half_precision()
    {
        using var store = Write(3);
        using var rows = store.Gather([2, 0]);

        // Row r holds r + column / 1024, of which a half keeps eleven bits.
        Assert.Equal([2, ImageFeatures.Length], rows.shape);
        Assert.Equal(2 + (511 / 1024.0), rows[0, 511].item<float>(), 1e-3);
        Assert.Equal(511 / 1024.0, rows[1, 511].item<float>(), 1e-3);
    }

    [Fact]
    public void A_part_of_a_row_at_the_end_is_not_there()
    {
        using (Write(2))
        {
        }

        File.AppendAllText(Path, "the beginning of a row");
        using var store = new FeatureStore(Path);
        Assert.Equal(2, store.Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => store.Gather([2]));
    }

    [Fact]
    public void A_file_without_a_row_is_refused()
    {
        File.WriteAllText(Path, "too short");
        Assert.Throws<InvalidDataException>(() => new FeatureStore(Path));
    }

    [Fact]
    public void A_file_that_is_cut_short_while_it_is_read_ends_in_a_sentence()
    {
        using var store = Write(2);
        using (var file = new FileStream(Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(ImageFeatures.Bytes + 10);
        }

        Assert.Throws<InvalidDataException>(() => store.Gather([1]));
    }

    private FeatureStore Write(int rows)
    {
        Learning.Native.LibTorch.EnsureLoaded();
        using var features = arange(rows).unsqueeze(1).to(ScalarType.Float32).add(arange(ImageFeatures.Length).to(ScalarType.Float32).div(tensor(1024f)));
        File.WriteAllBytes(Path, FeatureStore.Pack(features));
        return new FeatureStore(Path);
    }
}
