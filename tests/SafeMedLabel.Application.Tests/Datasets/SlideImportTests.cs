using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Backups;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Exports;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Datasets;

/// <summary>Slides that are longer than what is held in memory go through the whole house.</summary>
public sealed class SlideImportTests : IAsyncLifetime
{
    private const int Width = ImageDecoder.MaximumSide + 1003;
    private const int Height = 1100;

    private readonly TemporaryFolder _folder = new();
    private Workplace _workplace = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Slide => _folder.File("set/0/C7P7thin_slide.tif");

    public async ValueTask InitializeAsync()
    {
        _workplace = await Workplace.CreateAsync();
        await using var db = _workplace.Open();
        await db.ProjectClasses.ExecuteDeleteAsync(Cancellation);
        Slides.Write(Slide, Width, Height, "[tile,pyramid,compression=none]");
        Assert.True(new FileInfo(Slide).Length > FileContent.MaxHeld);
        _folder.Add("set/1/C1P1thin_small.png", Pictures.Png(1));
    }

    public async ValueTask DisposeAsync()
    {
        await _workplace.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_slide_goes_in_is_shown_learned_from_exported_backed_up_and_restored_as_it_is()
    {
        await ImportAsync(Zipped(), isDryRun: true);
        Assert.Empty(Stored());
        await ImportAsync(Zipped());
        await using var db = _workplace.Open();
        var slide = await db.Images.SingleAsync(i => i.Patient == "C7P7", Cancellation);
        Assert.Equal((Width, Height, HashOf(Slide)), (slide.Width, slide.Height, slide.ContentHash));
        Assert.Equal(2, Stored().Count);
        Assert.Contains((HashOf(Slide), new FileInfo(Slide).Length), Stored());

        var images = _workplace.Get<ImageService>();
        var shown = ImageDecoder.Decode((await images.DisplayAsync(slide.Id, Cancellation))!);
        Assert.Equal(ImageResizer.DisplaySide, shown.Width);
        Assert.Equal(new TilePyramid(Width, Height), await images.PyramidAsync(slide.Id, Cancellation));
        var tile = ImageDecoder.Decode((await images.TileAsync(slide.Id, new TilePyramid(Width, Height).Levels - 1, 20, 1, Cancellation))!);
        Assert.Equal((Slides.Red(20 * 512, Width), Slides.Green(512, Height)), (tile.Rgb[0], tile.Rgb[1]));
        Assert.Null(await images.TileAsync(slide.Id, 0, 1, 0, Cancellation));

        var reader = new RoundDataReader(
            _workplace.Get<IDbContextFactory<AppDbContext>>(), _workplace.Get<ContentStore>(), _workplace.Storage, _workplace.Get<StorageRoom>());
        var pixels = await reader.ReadPixelsAsync(_workplace.ProjectId, [slide.ContentHash], 64, new Progress<double>(), Cancellation);
        var expected = ImageResizer.ToTrainingPixels(ImageDecoder.Read(FileContent.At(Slide)).Pixels, 64);
        Assert.Equal(expected, await File.ReadAllBytesAsync(pixels.Path, Cancellation));

        // A disk may lose the end of it.
        await File.WriteAllBytesAsync(pixels.Path, expected[..100], Cancellation);
        await reader.ReadPixelsAsync(_workplace.ProjectId, [slide.ContentHash], 64, new Progress<double>(), Cancellation);
        Assert.Equal(expected, await File.ReadAllBytesAsync(pixels.Path, Cancellation));

        await ExportedAsItIsAsync();
        RestoredAsItIs();
    }

    [Fact]
    public async Task A_long_file_that_is_no_slide_or_is_damaged_is_refused_and_leaves_nothing()
    {
        using (var large = File.Create(_folder.File("set/0/large.png")))
        {
            large.Write(Pictures.Png(2));
            large.SetLength(FileContent.MaxHeld + 1);
        }

        var bytes = await File.ReadAllBytesAsync(Slide, Cancellation);
        await File.WriteAllBytesAsync(_folder.File("set/0/cut.tif"), bytes[..^2000], Cancellation);
        var zip = Zipped();
        await DamageAsync(zip, bytes);
        foreach (var (source, expected) in new[]
        {
            (_folder.File("set"), new[] { "0/cut.tif", "0/large.png" }),
            (zip, ["0/C7P7thin_slide.tif", "0/cut.tif", "0/large.png"]),
        })
        {
            var import = await ImportAsync(source);
            var issues = await _workplace.Open().ImportIssues.Where(i => i.ImportId == import.Id).OrderBy(i => i.Path).ToListAsync(Cancellation);
            Assert.Equal(expected, issues.Select(i => i.Path));
            Assert.Equal("The file is larger than 64 MiB; only a TIFF may be.", issues[^1].Reason);
            Assert.All(issues, i => Assert.EndsWith(".", i.Reason, StringComparison.Ordinal));
            Assert.Equal(2, Stored().Count);
        }
    }

    private async Task ExportedAsItIsAsync()
    {
        var package = _folder.File("package.zip");
        await _workplace.Get<DatasetExporter>().WriteAsync(_workplace.ProjectId, new ExportOptions(ExportFormat.Csv, WithPictures: true), package, new Progress<double>(), Cancellation);
        using var zip = ZipFile.OpenRead(package);
        using var exported = zip.Entries.Single(e => e.Length > FileContent.MaxHeld).Open();
        Assert.Equal(HashOf(Slide), Convert.ToHexStringLower(await SHA256.HashDataAsync(exported, Cancellation)));
    }

    private void RestoredAsItIs()
    {
        var (backup, restored) = (_folder.File("safemed.backup"), new StorageOptions { Root = _folder.File("restored") });
        var made = new StorageBackup(_workplace.Storage, "test", _workplace.Time).Write(backup, overwrite: false, new Progress<double>(), Cancellation);
        Assert.Empty(made.Missing);
        new StorageRestore(restored, "SafeMedLabel.Migrations.Sqlite").Read(backup, new Progress<double>(), Cancellation);
        using var content = new ContentStore(restored.ContentFolder).Open(HashOf(Slide));
        Assert.Equal(HashOf(Slide), HashOf(content.Path!));
    }

    private async Task<DatasetImport> ImportAsync(string source, bool isDryRun = false)
    {
        var imports = _workplace.Get<ImportService>();
        var request = ImportRequest.Of(_workplace.ProjectId, source, ImportService.DefaultPatientPattern, "admin", null) with { IsDryRun = isDryRun };
        var id = (await imports.EnterAsync(request, Cancellation)).Value;
        await _workplace.Get<ImportRunner>().RunAsync(id, Cancellation);
        var import = await imports.GetAsync(id, Cancellation);
        Assert.Equal(isDryRun ? ImportState.Planned : ImportState.Completed, import!.State);
        return import;
    }

    private IReadOnlyList<(string Name, long Length)> Stored() => Directory.Exists(_workplace.Storage.ContentFolder)
        ? [.. new DirectoryInfo(_workplace.Storage.ContentFolder).EnumerateFiles("*", SearchOption.AllDirectories).Select(f => (f.Name, f.Length))]
        : [];

    private string Zipped()
    {
        var zip = _folder.File("set.zip");
        File.Delete(zip);
        ZipFile.CreateFromDirectory(_folder.File("set"), zip, CompressionLevel.NoCompression, includeBaseDirectory: false);
        return zip;
    }

    /// <summary>Turns a bit in the middle of the slide.</summary>
    private static async Task DamageAsync(string zip, byte[] slide)
    {
        var bytes = await File.ReadAllBytesAsync(zip, Cancellation);
        bytes[bytes.AsSpan().IndexOf(slide.AsSpan(slide.Length - 1000)) - (slide.Length / 2)] ^= 1;
        await File.WriteAllBytesAsync(zip, bytes, Cancellation);
    }

    private static string HashOf(string file)
    {
        using var content = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(content));
    }
}
