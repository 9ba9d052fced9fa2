using System.IO.Compression;
using System.Text;
using FsCheck.Xunit;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Datasets;

/// <summary>Whatever a manifest or a zip holds: an import brings it in, or refuses it with a sentence, and the project stays whole.</summary>
public sealed class HostileSourceTests : IDisposable
{
    private static readonly string[] Pieces =
    [
        "path", "label", "patient", "site", "split", "1.png", "2.png", "../1.png", "/etc/passwd", "C:\\1.png", "a", "b", "training", "test", "nonsense",
        "=cmd|' /C calc'!A0", "@SUM(1)", "\"", "\"\"", ",", ";", "\t", "\n", "\r\n", "\0", "\u0007", "\uFEFF", "\u202E", "é", " ", new string('x', 20_000),
    ];

    private readonly ImportFixture _fixture = new();
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _fixture.Dispose();
        _folder.Dispose();
    }

    [Property(MaxTest = 60)]
    public void Any_manifest_is_imported_or_refused(int seed)
    {
        var random = new Random(seed);
        var text = new StringBuilder(random.Next(2) == 0 ? "path,label,patient,split\n1.png,a,P1,\n2.png,b,P2,\n" : "");
        for (var i = random.Next(40); i >= 0; i--)
        {
            text.Append(Pieces[random.Next(Pieces.Length)]).Append(random.Next(3) == 0 ? "\n" : ",");
        }

        _folder.Add("source/1.png", Pictures.Png(1));
        _folder.Add("source/2.png", Pictures.Png(2));
        _folder.Add("source/manifest.csv", Encoding.UTF8.GetBytes(text.ToString()));
        ImportAndCheck(_folder.File("source"));
    }

    [Property(MaxTest = 60)]
    public void Any_damaged_zip_is_imported_or_refused(int seed)
    {
        var random = new Random(seed);
        var zip = Zip(random);
        for (var i = random.Next(12); i > 0; i--)
        {
            zip[random.Next(zip.Length)] = (byte)random.Next(256);
        }

        ImportAndCheck(_folder.Add("source.zip", random.Next(4) == 0 ? zip[..random.Next(zip.Length)] : zip));
    }

    private static byte[] Zip(Random random)
    {
        string[] names = ["a/1.png", "b/2.png", "a/3.png", "a/3.png", "b/../../outside.png", "/absolute.png", "b/link.png", "b\\4.png"];
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create))
        {
            foreach (var (number, name) in names.Index())
            {
                var entry = zip.CreateEntry(name, random.Next(2) == 0 ? CompressionLevel.NoCompression : CompressionLevel.Fastest);
                entry.ExternalAttributes = name.Contains("link", StringComparison.Ordinal) ? 0xA1FF << 16 : 0;
                using var content = entry.Open();
                content.Write(Pictures.Png(number));
            }
        }

        return stream.ToArray();
    }

    private void ImportAndCheck(string source)
    {
        var before = Directory.GetFileSystemEntries(_folder.Path, "*", SearchOption.AllDirectories);
        var refusal = Record.Exception(() => _fixture.ImportAsync(source, Token).GetAwaiter().GetResult());
        Assert.True(refusal is null or DatasetException, refusal?.ToString());
        Assert.Equal(before, Directory.GetFileSystemEntries(_folder.Path, "*", SearchOption.AllDirectories));
        using var db = _fixture.CreateDbContext();
        var images = db.Images.AsNoTracking().ToList();
        Assert.All(images, image => Assert.Equal(image.ContentHash, ContentStore.Hash(_fixture.Store.Open(image.ContentHash).ReadWhole())));
        Assert.All(images.GroupBy(i => i.Patient), patient => Assert.Single(patient.Select(i => i.Split).Distinct()));
    }
}
