using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Datasets;

public sealed class LoadedDatasetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static LoadedDataset Load(string path, int size) =>
        LoadedDataset.Load(path, size, cancellationToken: TestContext.Current.CancellationToken);

    [Fact]
    public void Row_by_row_the_pixels_are_those_of_the_listed_images()
    {
        var mini = SharedData.Require("data/nih-malaria-mini");
        using var data = Load(mini, 64);
        Assert.Equal(240, data.Images.Count);
        Assert.Equal(["Parasitized", "Uninfected"], data.ClassNames);
        Assert.Equal(14, data.Images.Select(i => i.Patient).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(data.Images.Select(i => i.Path).Order(StringComparer.Ordinal), data.Images.Select(i => i.Path));

        var pixels = File.ReadAllBytes(data.PixelPath);
        const int Row = 3 * 64 * 64;
        Assert.Equal(240 * Row, pixels.Length);
        Assert.All([0, 101, 239], row =>
        {
            var bytes = File.ReadAllBytes(Path.Combine(mini, data.Images[row].Path));
            Assert.Equal(ContentStore.Hash(bytes), data.Images[row].ContentHash);
            Assert.Equal(ImageResizer.ToTrainingPixels(ImageDecoder.Decode(bytes), 64), pixels[(row * Row)..((row + 1) * Row)]);
        });
    }

    [Fact]
    public void Bad_files_copies_and_contradictions_are_left_out_with_a_reason()
    {
        using var data = Load(SharedData.Require("data/hostile/images.zip"), 32);
        // Three files of one content, of which one lies under the other class: the first stands for them.
        string[] contradicting = ["Parasitized/C1P1thinF_IMG_20200101_000000_cell_1-copy.png"];
        string[] bad = ["bad-crc.png", "bomb-60000x60000.png", "empty.png", "html-as.jpg", "text.png", "truncated.png"];
        Assert.Equal(
            contradicting.Concat(bad.Select(name => $"Parasitized/{name}")).Order(StringComparer.Ordinal),
            data.Rejected.Select(r => r.Path).Order(StringComparer.Ordinal));
        Assert.All(data.Rejected.Where(r => contradicting.Contains(r.Path)), r => Assert.Contains("another class", r.Reason, StringComparison.Ordinal));
        Assert.Equal(16, data.Images.Count);
        Assert.Contains(data.Images, i => i.Path == "Uninfected/ünïcode 名前 (1).png" && i.Patient == PatientPattern.Unknown);
    }

    [Fact]
    public void An_exact_copy_is_taken_once()
    {
        _folder.Add("a/1.png", Pictures.Png(1));
        _folder.Add("a/copy.png", Pictures.Png(1));
        _folder.Add("b/2.png", Pictures.Png(2));
        using var data = Load(_folder.Path, 16);
        Assert.Equal(["a/1.png", "b/2.png"], data.Images.Select(i => i.Path));
        Assert.Empty(data.Rejected);
    }

    [Fact]
    public void The_datas_hash_names_contents_and_classes_and_not_names_or_order()
    {
        using var renamed = new TemporaryFolder();
        using var moved = new TemporaryFolder();
        foreach (var (folder, first, second, third) in ((TemporaryFolder, string, string, string)[])
            [(_folder, "a/1.png", "a/2.png", "b/3.png"), (renamed, "a/z.png", "a/y.png", "b/x.png"), (moved, "a/1.png", "b/2.png", "b/3.png")])
        {
            folder.Add(first, Pictures.Png(1));
            folder.Add(second, Pictures.Png(2));
            folder.Add(third, Pictures.Png(3));
        }

        using var data = Load(_folder.Path, 16);
        using var sameData = Load(renamed.Path, 32);
        using var otherData = Load(moved.Path, 16);
        Assert.Equal(data.Hash, sameData.Hash);
        Assert.NotEqual(data.Hash, otherData.Hash);
    }

    [Fact]
    public void A_set_without_one_usable_picture_is_refused()
    {
        _folder.Add("a/1.png", "text"u8.ToArray());
        _folder.Add("b/2.png", []);
        Assert.Throws<DatasetException>(() => Load(_folder.Path, 16));
    }

    [Fact]
    public void A_stopped_load_leaves_no_pixels_behind()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        _folder.Add("a/1.png", Pictures.Png(1));
        _folder.Add("b/2.png", Pictures.Png(2));
        Assert.Throws<OperationCanceledException>(() => LoadedDataset.Load(_folder.Path, 16, cancellationToken: stop.Token));
    }
}
