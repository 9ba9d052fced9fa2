using System.Globalization;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using FsCheck.Xunit;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Datasets;

/// <summary>A zip is read as <see cref="ZipArchive"/> reads it, which is the oracle here, though without holding its directory.</summary>
public sealed class ZipSourceTests : IDisposable
{
    private const ushort Stored = 0;
    private const ushort Deflated = 8;
    private const ushort Deflated64 = 9;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Property(MaxTest = 100)]
    public void Whatever_lies_in_a_zip_is_read_as_the_library_reads_it(int seed)
    {
        var random = new Random(seed);
        var path = _folder.File("any.zip");
        File.Delete(path);
        using (var zip = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            zip.Comment = new string('c', random.Next(300));
            zip.CreateEntry("a/");
            foreach (var name in Enumerable.Range(0, 2 + random.Next(20)).Select(i => $"{(i % 2 == 0 ? "a" : "b")}/{Name(random)}{i}.png"))
            {
                var entry = zip.CreateEntry(name, random.GetItems(Enum.GetValues<CompressionLevel>(), 1)[0]);
                entry.Comment = new string('e', random.Next(30));
                using var content = entry.Open();
                content.Write(Bytes(random, random.Next(40_000)));
            }
        }

        AssertIsReadAsTheLibraryReadsIt(path);
    }

    [Fact]
    public void A_zip_of_more_files_than_16_bits_count_is_read()
    {
        const int Count = 66_000;
        var path = _folder.File("many.zip");
        using (var zip = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            for (var i = 0; i < Count; i++)
            {
                zip.CreateEntry($"{i % 2}/{i}.png");
            }
        }

        using var source = DatasetSource.Open(path, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(Count, source.FileCount);
        Assert.Empty(source.Files.ElementAt(Count - 1).Read());
    }

    [Fact]
    public void Numbers_of_64_bits_are_read_wherever_a_zip_has_them()
    {
        var path = _folder.Add("long.zip", Written(Deflated, isLong: true, ("a/1.png", "one"u8.ToArray()), ("b/2.png", "two"u8.ToArray())));
        AssertIsReadAsTheLibraryReadsIt(path);
    }

    [Fact]
    public void What_Windows_packs_by_Deflate64_is_read()
    {
        // A block that is not compressed is the same in Deflate and Deflate64.
        var path = _folder.Add("windows.zip", Written(Deflated64, isLong: false, ("a/1.png", "one"u8.ToArray()), ("b/2.png", "two"u8.ToArray())));
        AssertIsReadAsTheLibraryReadsIt(path);
    }

    [Fact]
    public void A_file_that_is_packed_in_an_unknown_way_is_left_out()
    {
        using var source = DatasetSource.Open(_folder.Add("lzma.zip", Written(14, isLong: false, ("a/1.png", [1]), ("b/2.png", [2]))), cancellationToken: TestContext.Current.CancellationToken);
        Assert.All(source.Files, f => Assert.Contains("cannot be unpacked", Assert.Throws<ImageRejectedException>(() => f.Read()).Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(10, "fewer than there are")]
    [InlineData(12, "a shorter directory")]
    [InlineData(16, "another place")]
    public void A_directory_that_is_not_what_the_end_says_is_damage(int field, string what)
    {
        var zip = Written(Stored, isLong: false, ("a/1.png", [1]), ("b/2.png", [2]));
        var end = zip.AsSpan().LastIndexOf("PK\x05\x06"u8);
        zip[end + field]--;
        if (field == 10)
        {
            zip[end + 8]--;
        }

        var refusal = Assert.Throws<DatasetException>(() => DatasetSource.Open(_folder.Add("damaged.zip", zip), cancellationToken: TestContext.Current.CancellationToken));
        Assert.True(refusal.Message.Contains("not a readable zip", StringComparison.Ordinal), what);
    }

    [Fact]
    public void Several_threads_read_a_zip_at_a_time()
    {
        var path = _folder.File("parallel.zip");
        using (var zip = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            for (var i = 0; i < 200; i++)
            {
                using var content = zip.CreateEntry($"{i % 2}/{i:D3}.png").Open();
                content.Write(Bytes(new Random(i), 20_000));
            }
        }

        using var source = DatasetSource.Open(path, cancellationToken: TestContext.Current.CancellationToken);
        Parallel.ForEach(source.Files.ToList(), file => Assert.Equal(Bytes(new Random(int.Parse(file.Name[..3], CultureInfo.InvariantCulture)), 20_000), file.Read()));
    }

    private static void AssertIsReadAsTheLibraryReadsIt(string path)
    {
        using var source = DatasetSource.Open(path, cancellationToken: TestContext.Current.CancellationToken);
        using var expected = ZipFile.OpenRead(path);
        var files = source.Files.ToDictionary(f => f.Path, f => f.Read());
        Assert.Equal(expected.Entries.Count(e => !e.FullName.EndsWith('/')), files.Count);
        Assert.All(files, file => Assert.Equal(Content(expected.GetEntry(file.Key)!), file.Value));
    }

    private static byte[] Content(ZipArchiveEntry entry)
    {
        using var content = new MemoryStream();
        using var stream = entry.Open();
        stream.CopyTo(content);
        return content.ToArray();
    }

    private static string Name(Random random) => new(random.GetItems("ab cé日😀+&=".EnumerateRunes().Select(r => r.ToString()).ToArray(), random.Next(12)).SelectMany(c => c).ToArray());

    /// <summary>Of few different values, so that packing is of use.</summary>
    private static byte[] Bytes(Random random, int length) => random.GetItems("abcdefgh"u8.ToArray(), length);

    /// <summary>A zip as other programs write it (APPNOTE 4.3.6).</summary>
    /// <param name="method">How its files say that they are packed: in truth they are stored, or one block that is not compressed.</param>
    /// <param name="isLong">Whether all sizes and places stand in extra fields, as they do where they need 64 bits.</param>
    /// <param name="files">What lies in it.</param>
    private static byte[] Written(ushort method, bool isLong, params (string Name, byte[] Content)[] files)
    {
        using var zip = new BinaryWriter(new MemoryStream());
        using var directory = new BinaryWriter(new MemoryStream());
        foreach (var (name, content) in files)
        {
            var length = (ushort)content.Length;
            byte[] packed = method == Stored ? content : [1, .. BitConverter.GetBytes(length), .. BitConverter.GetBytes((ushort)~length), .. content];
            var place = zip.BaseStream.Position;
            Header(zip, 0x04034B50, local: true);
            zip.Write(packed);
            Header(directory, 0x02014B50, local: false);

            void Header(BinaryWriter to, uint signature, bool local)
            {
                to.Write(signature);
                if (!local)
                {
                    to.Write((ushort)45);
                }

                to.Write((ushort)45);
                to.Write((ushort)0);
                to.Write(method);
                to.Write(0x21u << 16);
                to.Write(Crc32.HashToUInt32(content));
                to.Write(isLong ? uint.MaxValue : (uint)packed.Length);
                to.Write(isLong ? uint.MaxValue : (uint)content.Length);
                to.Write((ushort)name.Length);
                to.Write((ushort)(isLong ? local ? 20 : 28 : 0));
                if (!local)
                {
                    to.Write(new byte[10]);
                    to.Write(isLong ? uint.MaxValue : (uint)place);
                }

                to.Write(Encoding.UTF8.GetBytes(name));
                if (isLong)
                {
                    to.Write((ushort)1);
                    to.Write((ushort)(local ? 16 : 24));
                    to.Write((long)content.Length);
                    to.Write((long)packed.Length);
                    if (!local)
                    {
                        to.Write(place);
                    }
                }
            }
        }

        var start = zip.BaseStream.Position;
        var bytes = ((MemoryStream)directory.BaseStream).ToArray();
        zip.Write(bytes);
        if (isLong)
        {
            var end = zip.BaseStream.Position;
            zip.Write(0x06064B50u);
            zip.Write(44L);
            zip.Write((45u << 16) | 45);
            zip.Write(0L);
            zip.Write((long)files.Length);
            zip.Write((long)files.Length);
            zip.Write((long)bytes.Length);
            zip.Write(start);
            zip.Write(0x07064B50u);
            zip.Write(0u);
            zip.Write(end);
            zip.Write(1u);
        }

        zip.Write(0x06054B50u);
        zip.Write(0u);
        zip.Write(isLong ? ushort.MaxValue : (ushort)files.Length);
        zip.Write(isLong ? ushort.MaxValue : (ushort)files.Length);
        zip.Write(isLong ? uint.MaxValue : (uint)bytes.Length);
        zip.Write(isLong ? uint.MaxValue : (uint)start);
        zip.Write((ushort)0);
        return ((MemoryStream)zip.BaseStream).ToArray();
    }
}
