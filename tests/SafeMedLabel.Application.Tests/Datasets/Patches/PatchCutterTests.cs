using System.IO.Compression;
using System.Text;
using Microsoft.EntityFrameworkCore;
using NetVips;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Datasets.Patches;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Datasets.Patches;

/// <summary>Slides of empty glass with a few pictures on it, at known places.</summary>
public sealed class PatchCutterTests : IDisposable
{
    private const int Size = 256;

    /// <summary>Wider than what is read as a whole.</summary>
    private const int Wide = ImageDecoder.MaximumSide + 1000;

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Out => _folder.File("out");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("[tile,pyramid,compression=deflate,bigtiff]", false)]
    [InlineData("[tile,pyramid,compression=deflate,bigtiff]", true)]
    [InlineData("[compression=none]", false)]
    public void A_slide_gives_the_patches_on_which_something_is_pixel_for_pixel_and_with_their_places(string options, bool isZipped)
    {
        AddSlide("0/C7P7thin_slide.tif", Wide, 700, options, (300, 20), (Wide - 90, 600));
        _folder.Add("set/1/C1P1thin_small.png", Pictures.Png(1));
        var set = Cut(isZipped ? Zipped() : _folder.File("set"));

        Assert.Equal((1, 2, (68 * 3) - 2, 0), (set.Cut, set.Patches, set.Blank, set.Rejected.Count));
        using var source = DatasetSource.Open(Out, cancellationToken: Cancellation);
        Assert.Equal(
            [
                ("0/C7P7thin_slide.tif/x000256-y000000.png", "0", "C7P7"),
                ($"0/C7P7thin_slide.tif/x{67 * Size:D6}-y000512.png", "0", "C7P7"),
                ("1/C1P1thin_small.png", "1", "C1P1"),
            ],
            source.Files.Select(f => (f.Path, f.ClassName, f.Patient)));
        using var slide = Image.NewFromFile(_folder.File("set/0/C7P7thin_slide.tif"));
        Assert.Equal(Pixels(slide, 256, 0, 256, 256), ImageDecoder.Decode(source.Files.ElementAt(0).Read()).Rgb);
        var edge = ImageDecoder.Decode(source.Files.ElementAt(1).Read());
        Assert.Equal((Wide - (67 * Size), 700 - 512), (edge.Width, edge.Height));
        Assert.Equal(Pixels(slide, 67 * Size, 512, edge.Width, edge.Height), edge.Rgb);
        Assert.Equal(Pictures.Png(1), source.Files.ElementAt(2).Read());
    }

    [Fact]
    public void A_slide_that_takes_long_is_heard_of_at_each_patch()
    {
        AddSlide("0/a.tif", 4 * Size, 3 * Size, "", (10, 10));
        _folder.Add("set/1/small.png", Pictures.Png(1));
        var beats = 0;
        new PatchCutter(Size).Cut(_folder.File("set"), PatientPattern.Default, Out, (_, _) => { }, () => beats++, Cancellation);
        Assert.Equal((4 * 3) + 1, beats);
    }

    [Fact]
    public void What_a_manifest_says_of_a_picture_it_says_of_each_patch()
    {
        AddSlide("a.tif", 600, 300, "", (10, 10), (300, 100));
        _folder.Add("set/manifest.csv", "path,label,patient,site,split\na.tif,Infected,=P1,Ward 1,test\n"u8.ToArray());
        Cut(_folder.File("set"));
        using var source = DatasetSource.Open(Out, cancellationToken: Cancellation);
        Assert.Equal(2, source.FileCount);
        Assert.All(source.Files, f => Assert.Equal(("Infected", "=P1", "Ward 1", DataSplit.Test), (f.ClassName, f.Patient, f.Site, f.Split)));
    }

    [Fact]
    public void What_a_zip_calls_as_no_two_files_on_a_disk_can_be_called_is_left_out_and_the_others_are_cut()
    {
        using (var zip = ZipFile.Open(_folder.File("odd.zip"), ZipArchiveMode.Create))
        {
            foreach (var (seed, name) in new[] { "0/a.png", "0/a.png/b.png", "0/c.png/d.png", "0/c.png", $"1/{new string('e', 300)}.png", "1/f.png" }.Index())
            {
                using var entry = zip.CreateEntry(name).Open();
                entry.Write(Pictures.Png(seed));
            }
        }

        var set = Cut(_folder.File("odd.zip"));
        using var source = DatasetSource.Open(Out, cancellationToken: Cancellation);
        Assert.Equal(["0/a.png", "0/c.png", "1/f.png"], source.Files.Select(f => f.Path));
        Assert.Equal(
            [("0/a.png/b.png", "Its folder is called as another file is."), ("0/c.png/d.png", "Its folder is called as another file is."), ($"1/{new string('e', 300)}.png", "Its name is too long for this disk.")],
            set.Rejected.Select(r => (r.Path, r.Reason)));
    }

    [Fact]
    public void What_cannot_be_cut_is_left_out_with_a_reason_and_the_others_are_cut()
    {
        AddSlide("0/a.tif", 600, 300, "", (10, 10));
        AddSlide("0/cut short.tif", Wide, 700, "[tile,compression=deflate]", (10, 10));
        var path = _folder.File("set/0/cut short.tif");
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..4000]);
        _folder.Add("set/1/wide.png", Pictures.Png(1, Wide, 4));
        _folder.Add("set/1/text.png", Encoding.UTF8.GetBytes("text"));
        AddSlide("1/endless.tif", PatchCutter.MaxSlideSide + 1, 8, "[compression=deflate]");
        using (var large = File.Create(_folder.File("set/1/large.jpg")))
        {
            large.SetLength(FileContent.MaxHeld + 1);
        }

        var set = Cut(_folder.File("set"));
        Assert.Equal((1, 1), (set.Cut, set.Patches));
        Assert.Equal(
            [
                ("0/cut short.tif", "The picture is damaged: it cannot be decoded to its end."),
                ("1/endless.tif", "The picture is 500001 × 8 pixels: too large to be cut into patches of 256."),
                ("1/large.jpg", "The file is larger than 64 MiB; only a TIFF may be."),
                ("1/text.png", "Not an image: the content is neither PNG, JPEG, WebP, TIFF nor BMP."),
                ("1/wide.png", $"The picture is {Wide} × 4 pixels; more than 64 million or 16384 a side are read only of a tiled TIFF that holds smaller copies of itself (a pyramid)."),
            ],
            set.Rejected.Select(r => (r.Path, r.Reason)).Order());
    }

    [Fact]
    public async Task An_import_cuts_looks_first_goes_in_and_leaves_no_patches_behind()
    {
        AddSlide("0/C7P7thin_slide.tif", 600, 300, "", (10, 10), (300, 100));
        AddSlide("1/C1P1thin_slide.tif", 500, 200, "", (40, 40));
        _folder.Add("set/1/text.png", Encoding.UTF8.GetBytes("text"));
        await using var workplace = await Workplace.CreateAsync();
        await using (var db = workplace.Open())
        {
            await db.ProjectClasses.ExecuteDeleteAsync(Cancellation);
        }

        var imports = workplace.Get<ImportService>();
        var request = ImportRequest.Of(workplace.ProjectId, _folder.File("set"), ImportService.DefaultPatientPattern, "admin", null);
        Assert.Equal("A patch has 32 to 2048 pixels a side.", (await imports.EnterAsync(request with { PatchSize = 31 }, Cancellation)).Error);
        var id = (await imports.EnterAsync(request with { PatchSize = Size, IsDryRun = true }, Cancellation)).Value;
        await workplace.Get<ImportRunner>().RunAsync(id, Cancellation);
        Assert.Equal((ImportState.Planned, 3, 1, 2), await imports.GetAsync(id, Cancellation) is { } looked ? (looked.State, looked.Added, looked.Rejected, looked.PicturesCut) : default);

        Assert.Null((await imports.CarryOutAsync(id, Cancellation)).Error);
        await workplace.Get<ImportRunner>().RunAsync(id, Cancellation);
        Assert.Equal((ImportState.Completed, 3, 1, 2, 5), await imports.GetAsync(id, Cancellation) is { } done ? (done.State, done.Added, done.Rejected, done.PicturesCut, done.BlankPatches) : default);
        Assert.Empty(Directory.EnumerateFileSystemEntries(workplace.Storage.PatchFolder));
        await using var filled = workplace.Open();
        Assert.Equal(["C1P1", "C7P7"], await filled.Images.Select(i => i.Patient).Distinct().OrderBy(p => p).ToListAsync(Cancellation));
        Assert.Equal(("1/text.png", "Not an image: the content is neither PNG, JPEG, WebP, TIFF nor BMP."), await filled.ImportIssues.SingleAsync(Cancellation) is { } issue ? (issue.Path, issue.Reason) : default);
    }

    [Fact]
    public async Task A_cutting_that_was_broken_off_is_begun_anew_and_one_that_is_discarded_leaves_nothing()
    {
        AddSlide("0/a.tif", 600, 300, "", (10, 10));
        AddSlide("1/b.tif", 600, 300, "", (10, 10));
        using (var stopping = new CancellationTokenSource())
        {
            Assert.Throws<OperationCanceledException>(() => new PatchCutter(Size).Cut(_folder.File("set"), PatientPattern.Default, Out, (_, _) => stopping.Cancel(), () => { }, stopping.Token));
        }

        Assert.NotEmpty(Directory.EnumerateFiles(Out, "*.png", SearchOption.AllDirectories));
        File.WriteAllText(Path.Combine(Out, "stray.png"), "");
        Assert.Equal(2, Cut(_folder.File("set")).Cut);
        Assert.False(File.Exists(Path.Combine(Out, "stray.png")));

        // A mark that a power failure cut short, and patches of another source or size, are believed as little.
        File.WriteAllText(Path.Combine(Out, "stray.png"), "");
        File.WriteAllText(Path.Combine(Out, ".cut"), "{\"Cut\":");
        Assert.Equal(2, Cut(_folder.File("set")).Cut);
        Assert.False(File.Exists(Path.Combine(Out, "stray.png")));
        File.WriteAllText(Path.Combine(Out, "stray.png"), "");
        Assert.Equal(2, Cut(_folder.File("set")).Cut);
        Assert.True(File.Exists(Path.Combine(Out, "stray.png")));
        Assert.Equal(2, Cut(Zipped()).Cut);
        Assert.False(File.Exists(Path.Combine(Out, "stray.png")));

        await using var workplace = await Workplace.CreateAsync();
        var imports = workplace.Get<ImportService>();
        var request = ImportRequest.Of(workplace.ProjectId, _folder.File("set"), ImportService.DefaultPatientPattern, "admin", null);
        await using (var db = workplace.Open())
        {
            await db.ProjectClasses.ExecuteDeleteAsync(Cancellation);
        }

        var id = (await imports.EnterAsync(request with { PatchSize = Size, IsDryRun = true }, Cancellation)).Value;
        await workplace.Get<ImportRunner>().RunAsync(id, Cancellation);
        Assert.NotEmpty(Directory.EnumerateFileSystemEntries(workplace.Storage.PatchFolder));
        Assert.Null((await imports.CancelAsync(id, Cancellation)).Error);
        Assert.Empty(Directory.EnumerateFileSystemEntries(workplace.Storage.PatchFolder));
    }

    private PatchSet Cut(string path) => new PatchCutter(Size).Cut(path, PatientPattern.Default, Out, (_, _) => { }, () => { }, Cancellation);

    private void AddSlide(string path, int width, int height, string options, params (int Left, int Top)[] things)
    {
        var slide = Image.Black(width, height, bands: 3).Linear([1, 1, 1], [235, 230, 240], uchar: true).Copy(interpretation: Enums.Interpretation.Srgb);
        foreach (var (left, top) in things)
        {
            using var thing = Image.NewFromBuffer(Pictures.Png(left, 80, 60)).ExtractBand(0, 3);
            slide = slide.Insert(thing, left, top);
        }

        var file = _folder.File($"set/{path}");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        slide.WriteToFile(file + options);
    }

    private string Zipped()
    {
        ZipFile.CreateFromDirectory(_folder.File("set"), _folder.File("set.zip"));
        return _folder.File("set.zip");
    }

    private static byte[] Pixels(Image slide, int left, int top, int width, int height) => slide.Crop(left, top, width, height).WriteToMemory<byte>();
}
