using System.IO.Compression;
using System.Text;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Testing;
using SkiaSharp;

namespace SafeMedLabel.Application.Tests.Abuse;

/// <summary>
/// Whatever became of a data set on its way, its dry run and its import end: taken in, or refused with a sentence. A failing case prints the numbers
/// that made it, by which it is tried again.
/// </summary>
public sealed class HostileCorpusTests : IAsyncLifetime
{
    private const string Unexpected = "Something went wrong";

    /// <summary>More than any of these data sets may leave behind.</summary>
    private const long MostStored = 8 << 20;

    private readonly TemporaryFolder _folder = new();
    private Workplace _workplace = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _workplace = await Workplace.CreateAsync();
        _folder.Add("set/manifest.csv", Encoding.UTF8.GetBytes(Manifest));
        _folder.Add("set/readings.csv", Encoding.UTF8.GetBytes(Readings));
        foreach (var (name, picture) in Pictured())
        {
            _folder.Add($"set/{name}", picture);
            _folder.Add($"classes/{(name[0] % 2 == 0 ? "a" : "b")}/{name}", picture);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _workplace.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public void A_zip_of_which_something_became_is_taken_in_or_refused() => HostileCases.Try(seed =>
    {
        var random = new Random(seed);
        var zips = new[] { Zipped("set", CompressionLevel.Fastest), Zipped("classes", CompressionLevel.NoCompression) };
        var which = random.Next(zips.Length);
        ImportAndCheck(_folder.Add("mutated.zip", Mutation.Of(random, zips[which], zips[1 - which])), patchSize: random.Next(4) == 0 ? 32 : null);
    });

    [Fact]
    public void A_picture_of_which_something_became_is_taken_in_or_left_out() => HostileCases.Try(seed =>
    {
        var random = new Random(seed);
        var pictures = Pictured().ToArray();
        foreach (var (name, picture) in pictures)
        {
            _folder.Add($"pictures/{(name[0] % 2 == 0 ? "a" : "b")}/{name}", Mutation.Of(random, picture, random.GetItems(pictures, 1)[0].Picture));
        }

        ImportAndCheck(_folder.File("pictures"), patchSize: random.Next(4) == 0 ? 32 : null);
    });

    [Fact]
    public void A_table_of_which_something_became_is_taken_in_or_refused() => HostileCases.Try(seed =>
    {
        var random = new Random(seed);
        foreach (var (name, picture) in Pictured())
        {
            _folder.Add($"tables/{name}", picture);
        }

        var tables = new[] { Manifest, Readings, Tasks }.Select(Encoding.UTF8.GetBytes).ToArray();
        var isTasks = random.Next(3) == 0;
        File.Delete(_folder.File("tables/manifest.csv"));
        File.Delete(_folder.File("tables/label-studio.json"));
        _folder.Add(isTasks ? "tables/label-studio.json" : "tables/manifest.csv", Mutation.Of(random, tables[isTasks ? 2 : 0], tables[random.Next(3)]));
        _folder.Add("tables/readings.csv", random.Next(2) == 0 ? tables[1] : Mutation.Of(random, tables[1], tables[random.Next(3)]));
        ImportAndCheck(_folder.File("tables"));
    });

    private static string Manifest { get; } = "path,label,patient,site,split\n"
        + string.Concat(Pictured().Select(p => $"{p.Name},{(p.Name[0] % 2 == 0 ? "a" : "b")},P{p.Name[0]},\"Ward \"\"1\"\"\",{(p.Name[0] == '1' ? "test" : "")}\n"));

    private static string Readings { get; } = "sha256,reader,answer,unaided_answer,answered_utc,seconds,aid,shown_because\n"
        + string.Concat(Pictured().Select(p => $"{ContentStore.Hash(p.Picture)},Ada,a,,2026-05-04T13:45:00Z,1.5,unaided,ranked\n"));

    private static string Tasks { get; } =
        $"[{string.Join(',', Pictured().Select(p => $$$"""{"data":{"image":"/data/upload/1/{{{p.Name}}}","patient":"P1"},"annotations":[{"result":[{"type":"choices","value":{"choices":["{{{(p.Name[0] % 2 == 0 ? "a" : "b")}}}"]}}]}]}"""))}]";

    /// <summary>Each format that is read, one of them a slide's.</summary>
    private static IEnumerable<(string Name, byte[] Picture)> Pictured() =>
    [
        ("1.png", Pictures.Png(1)),
        ("2.jpg", Pictures.Encode(SKEncodedImageFormat.Jpeg, 2)),
        ("3.webp", Pictures.Encode(SKEncodedImageFormat.Webp, 3)),
        ("4.tif", Pictures.Tiff(4)),
        ("5.tif", Pictures.Tiff(5, 80, 70, "[tile,tile_width=32,tile_height=32,pyramid,compression=deflate]")),
        ("6.png", Pictures.Png(6)),
    ];

    private byte[] Zipped(string name, CompressionLevel level)
    {
        using var zip = new MemoryStream();
        ZipFile.CreateFromDirectory(_folder.File(name), zip, level, includeBaseDirectory: false);
        return zip.ToArray();
    }

    /// <summary>Looks first, as an admin does, then lets it in.</summary>
    private void ImportAndCheck(string source, int? patchSize = null) => ImportAndCheckAsync(source, patchSize).GetAwaiter().GetResult();

    private async Task ImportAndCheckAsync(string source, int? patchSize)
    {
        var before = Directory.GetFileSystemEntries(_folder.Path, "*", SearchOption.AllDirectories);
        var project = await _workplace.Get<ProjectService>().CreateAsync($"Project {Guid.NewGuid():n}", "", Cancellation);
        var imports = _workplace.Get<ImportService>();
        var request = ImportRequest.Of(project.Value, source, ImportService.DefaultPatientPattern, "admin", null) with { IsDryRun = true, PatchSize = patchSize };
        var id = (await imports.EnterAsync(request, Cancellation)).Value;
        var import = await RunAsync(id);
        if (import.State == ImportState.Planned)
        {
            var planned = import.Added;
            Assert.True((await imports.CarryOutAsync(id, Cancellation)).Succeeded);
            import = await RunAsync(id);
            Assert.True(import.State == ImportState.Completed && import.Added == planned, $"{planned} were planned: {import.State}, {import.Added}, {import.Error}");
        }
        else
        {
            Assert.Equal(ImportState.Failed, import.State);
        }

        Assert.Equal(before, Directory.GetFileSystemEntries(_folder.Path, "*", SearchOption.AllDirectories));
        Assert.False(Directory.Exists(_workplace.Storage.PatchFolder) && Directory.EnumerateFileSystemEntries(_workplace.Storage.PatchFolder).Any());
        await using var db = _workplace.Open();
        var images = await db.Images.AsNoTracking().Where(i => i.ProjectId == project.Value).ToListAsync(Cancellation);
        Assert.Equal(import.State == ImportState.Completed ? import.Added : 0, images.Count);
        Assert.All(images, image => Assert.Equal(image.ContentHash, ContentStore.Hash(_workplace.Get<ContentStore>().Open(image.ContentHash).ReadWhole())));
        Assert.All(images.GroupBy(i => i.Patient), patient => Assert.Single(patient.Select(i => i.Split).Distinct()));
        Assert.All(await db.ImportIssues.Where(i => i.ImportId == id).Select(i => i.Reason).ToListAsync(Cancellation), reason => Assert.Matches("[.?]$", reason));
        Assert.InRange(images.Select(i => i.ContentHash).Distinct().Sum(hash => _workplace.Get<ContentStore>().Open(hash).Length), 0, MostStored);
    }

    private async Task<DatasetImport> RunAsync(int id)
    {
        await _workplace.Get<ImportRunner>().RunAsync(id, Cancellation);
        var import = (await _workplace.Get<ImportService>().GetAsync(id, Cancellation))!;
        Assert.False(import.Error?.StartsWith(Unexpected, StringComparison.Ordinal) is true, $"Import: {import.Error}");
        return import;
    }
}
