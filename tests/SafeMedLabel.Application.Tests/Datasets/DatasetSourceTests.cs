using System.IO.Compression;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Datasets;

public sealed class DatasetSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("cell_images/")]
    public void Class_folders_are_found_at_the_top_and_one_folder_down(string above)
    {
        _folder.Add($"{above}b/2.png", Pictures.Png(2));
        _folder.Add($"{above}b/1.png", Pictures.Png(1));
        _folder.Add($"{above}A/patient/3.png", Pictures.Png(3));
        _folder.Add($"{above}README.txt", [1]);
        _folder.Add("truth.csv", [1]);
        _folder.Add($"{above}b/.DS_Store", [1]);
        _folder.Add($"{above}b/Thumbs.db", [1]);
        _folder.Add("__MACOSX/b/._1.png", [1]);

        using var folder = DatasetSource.Open(_folder.Path, cancellationToken: TestContext.Current.CancellationToken);
        using var zip = DatasetSource.Open(Zipped(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.All([folder, zip], source =>
        {
            Assert.Equal(["A", "b"], source.ClassNames);
            Assert.Equal([$"{above}A/patient/3.png", $"{above}b/1.png", $"{above}b/2.png"], source.Files.Select(f => f.Path));
            Assert.Equal(["A", "b", "b"], source.Files.Select(f => f.ClassName));
            Assert.Equal("3.png", source.Files.ElementAt(0).Name);
            Assert.Equal(Pictures.Png(1), source.Files.ElementAt(1).Read());
            Assert.Empty(source.Rejected);
            Assert.False(source.IsSynthetic);
        });
    }

    [Fact]
    public void A_folder_that_holds_itself_again_gives_the_same_classes()
    {
        foreach (var above in (string[])["cell_images/", "cell_images/cell_images/"])
        {
            _folder.Add($"{above}Parasitized/1.png", Pictures.Png(1));
            _folder.Add($"{above}Uninfected/2.png", Pictures.Png(2));
        }

        using var source = DatasetSource.Open(_folder.Path, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(["Parasitized", "Uninfected"], source.ClassNames);
        Assert.Equal(4, source.FileCount);
    }

    [Theory]
    [InlineData(".synthetic", true)]
    [InlineData("set/.synthetic", true)]
    [InlineData("set/a/.synthetic", false)]
    public void A_marker_at_the_top_tells_a_drawn_set(string marker, bool isSynthetic)
    {
        _folder.Add("set/a/1.png", [1]);
        _folder.Add("set/b/1.png", [1]);
        _folder.Add(marker, []);
        using var source = DatasetSource.Open(_folder.Path, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(isSynthetic, source.IsSynthetic);
    }

    [Fact]
    public void Links_are_refused_and_not_followed()
    {
        using var elsewhere = new TemporaryFolder();
        var secret = elsewhere.Add("inner/secret.png", Pictures.Png());
        _folder.Add("a/1.png", [1]);
        _folder.Add("b/1.png", [1]);
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "a", "link.png"), secret);
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "b", "folder"), elsewhere.Path);
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "b", "loop"), _folder.Path);

        using var source = DatasetSource.Open(_folder.Path, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(["a/1.png", "b/1.png"], source.Files.Select(f => f.Path));
        Assert.Equal(["a/link.png", "b/folder", "b/loop"], source.Rejected.Select(f => f.Path));
        Assert.All(source.Rejected, f => Assert.Contains("link", f.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public void A_link_in_a_zip_is_refused()
    {
        using var source = DatasetSource.Open(SharedData.Require("data/hostile/symlink.zip"), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("Uninfected/ok.png", Assert.Single(source.Files).Path);
        Assert.Equal("Parasitized/link.png", Assert.Single(source.Rejected).Path);
    }

    [Fact]
    public void A_zip_whose_names_lead_out_is_refused_where_too_little_is_left()
    {
        var refused = Assert.Throws<DatasetException>(() => DatasetSource.Open(SharedData.Require("data/hostile/zip-slip.zip"), cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("leads out of the data set", refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists("/tmp/safemed-slip.png"));
    }

    [Theory]
    [InlineData("../b/out.png")]
    [InlineData("/b/out.png")]
    [InlineData("..\\b\\out.png")]
    [InlineData("C:/b/out.png")]
    [InlineData("a/../../out.png")]
    public void A_name_that_leads_out_is_refused_and_the_rest_is_read(string name)
    {
        using var source = DatasetSource.Open(Zip(("a/1.png", [1]), ("b/1.png", [1]), (name, [1])), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(["a/1.png", "b/1.png"], source.Files.Select(f => f.Path));
        Assert.Contains("leads out", Assert.Single(source.Rejected).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_zip_bomb_is_refused_unread()
    {
        using var source = DatasetSource.Open(SharedData.Require("data/hostile/zip-bomb.zip"), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("Uninfected/ok.png", Assert.Single(source.Files).Path);
        Assert.Contains("unfolds to far more", Assert.Single(source.Rejected).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_unfolds_implausibly_is_refused()
    {
        using var source = DatasetSource.Open(Zip(("a/1.png", [1]), ("b/1.png", new byte[8 << 20])), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Contains("unfolds", Assert.Single(source.Rejected).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_zip_that_lies_about_a_files_length_is_caught_while_reading()
    {
        var path = Zip(("a/1.png", [1]), ("b/1.png", Pictures.Png(width: 300, height: 300)));
        var bytes = File.ReadAllBytes(path);

        // The stated length of the second entry, in the zip's directory.
        var directory = bytes.AsSpan().LastIndexOf("PK\x01\x02"u8);
        BitConverter.TryWriteBytes(bytes.AsSpan(directory + 24), 10);
        File.WriteAllBytes(path, bytes);

        using var source = DatasetSource.Open(path, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Throws<ImageRejectedException>(() => source.Files.ElementAt(1).Read());
    }

    [Fact]
    public void Bytes_that_changed_inside_a_zip_are_noticed()
    {
        var path = Path.Combine(_folder.Path, "stored.zip");
        using (var zip = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            foreach (var name in (string[])["a/1.bmp", "b/1.bmp"])
            {
                using var stream = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
                stream.Write("the very bytes"u8);
            }
        }

        var bytes = File.ReadAllBytes(path);
        bytes[bytes.AsSpan().IndexOf("very"u8)] = (byte)'V';
        File.WriteAllBytes(path, bytes);
        using var source = DatasetSource.Open(path, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Contains("checksum", Assert.Throws<ImageRejectedException>(() => source.Files.ElementAt(0).Read()).Message, StringComparison.Ordinal);
        Assert.Equal("the very bytes"u8, source.Files.ElementAt(1).Read());
    }

    [Theory]
    [InlineData("data/hostile/truncated.zip", "not a readable zip")]
    [InlineData("data/hostile/one-class.zip", "Only one class folder was found ('Parasitized')")]
    [InlineData("data/hostile/not-images.zip", "No class folder")]
    [InlineData("data/hostile/labels-bad.csv", "The manifest names no file that can be taken. Line 2 of the manifest: there is no such file.")]
    public void An_unusable_archive_is_explained(string name, string reason) =>
        Assert.Contains(
            reason, Assert.Throws<DatasetException>(() => DatasetSource.Open(SharedData.Require(name), cancellationToken: TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_zip_under_a_password_is_refused()
    {
        var path = Zip(("a/1.png", [1]), ("b/1.png", [1]));
        var bytes = File.ReadAllBytes(path);
        bytes[bytes.AsSpan().IndexOf("PK\x01\x02"u8) + 8] |= 1;
        File.WriteAllBytes(path, bytes);
        Assert.Contains("password", Assert.Throws<DatasetException>(() => DatasetSource.Open(path, cancellationToken: TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_above_the_limit_is_refused()
    {
        _folder.Add("a/1.png", new byte[1000]);
        _folder.Add("b/1.png", new byte[1001]);
        using var source = DatasetSource.Open(_folder.Path, SourceLimits.Default with { MaxFileLength = 1000 }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(1000, source.Files.ElementAt(0).Read().Length);
        Assert.Throws<ImageRejectedException>(() => source.Files.ElementAt(1).Read());
    }

    [Fact]
    public void Too_many_files_are_refused()
    {
        _folder.Add("a/1.png", [1]);
        _folder.Add("b/1.png", [1]);
        Assert.Throws<DatasetException>(() => DatasetSource.Open(Zipped(), SourceLimits.Default with { MaxFiles = 1 }, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Throws<DatasetException>(() => DatasetSource.Open(_folder.Path, SourceLimits.Default with { MaxFiles = 3 }, cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_path_where_nothing_is_says_so() =>
        Assert.Contains("no folder or zip", Assert.Throws<DatasetException>(() => DatasetSource.Open("/nowhere/at/all", cancellationToken: TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);

    private string Zipped()
    {
        using var elsewhere = new TemporaryFolder();
        var zip = Path.Combine(elsewhere.Path, "set.zip");
        ZipFile.CreateFromDirectory(_folder.Path, zip);
        var path = Path.Combine(_folder.Path, "set.zip");
        File.Move(zip, path);
        return path;
    }

    private string Zip(params (string Name, byte[] Content)[] entries)
    {
        var path = Path.Combine(_folder.Path, "made.zip");
        using var zip = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (var (name, content) in entries)
        {
            using var stream = zip.CreateEntry(name).Open();
            stream.Write(content);
        }

        return path;
    }
}
