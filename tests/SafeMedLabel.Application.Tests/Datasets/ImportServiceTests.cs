using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Outbound;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Datasets;

public sealed class ImportServiceTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private Workplace _workplace = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private ImportService Imports => _workplace.Get<ImportService>();

    public async ValueTask InitializeAsync()
    {
        _workplace = await Workplace.CreateAsync(allow: "127.0.0.1");
        _folder.Add("0/C1thin_1.png", Pictures.Png(1));
        _folder.Add("1/C2thin_2.png", Pictures.Png(2));
        await using var db = _workplace.Open();
        await db.ProjectClasses.ExecuteDeleteAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _workplace.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_dry_run_waits_for_a_decision_and_goes_in_when_it_is_taken()
    {
        var id = await EnterAsync(isDryRun: true);
        await RunAsync(id);
        Assert.Equal((ImportState.Planned, 2, 0), await StateAsync(id));

        Assert.True((await Imports.CarryOutAsync(id, Cancellation)).Succeeded);
        await RunAsync(id);
        Assert.Equal((ImportState.Completed, 2, 2), await StateAsync(id));
        Assert.False((await Imports.CarryOutAsync(id, Cancellation)).Succeeded);
    }

    [Fact]
    public async Task A_dry_run_that_is_discarded_takes_its_upload_along()
    {
        Directory.CreateDirectory(_workplace.Storage.UploadFolder);
        var upload = Path.Combine(_workplace.Storage.UploadFolder, "set.zip");
        System.IO.Compression.ZipFile.CreateFromDirectory(_folder.Path, upload);
        var id = await EnterAsync(isDryRun: true, upload);
        await RunAsync(id);
        Assert.True(File.Exists(upload));

        Assert.True((await Imports.CancelAsync(id, Cancellation)).Succeeded);
        Assert.Equal((ImportState.Cancelled, 2, 0), await StateAsync(id));
        Assert.False(File.Exists(upload));
    }

    [Fact]
    public async Task What_lies_at_an_address_is_fetched_once_looked_at_and_let_in()
    {
        var content = Zipped();
        await using var server = await FileServer.StartAsync(content);
        var request = RequestOf(server) with { IsDryRun = true };
        Assert.Equal("A SHA-256 has 64 hex digits.", (await Imports.EnterAsync(request with { Sha256 = "abc" }, Cancellation)).Error);

        var id = (await Imports.EnterAsync(request with { Sha256 = $" {ContentStore.Hash(content).ToUpperInvariant()} " }, Cancellation)).Value;
        await RunAsync(id);
        Assert.Equal((ImportState.Planned, 2, 0), await StateAsync(id));
        Assert.True((await Imports.CarryOutAsync(id, Cancellation)).Succeeded);
        await RunAsync(id);
        Assert.Equal((ImportState.Completed, 2, 2), await StateAsync(id));
        Assert.Single(server.Asked);
        Assert.Equal(("cells.zip", content.Length), await Imports.GetAsync(id, Cancellation) is { } done ? (done.SourceName, done.FetchedBytes) : default);
        Assert.Empty(Directory.EnumerateFiles(_workplace.Storage.UploadFolder));
    }

    [Fact]
    public async Task What_an_earlier_import_fetched_is_no_other_imports_and_a_wrong_hash_never_goes_in()
    {
        await using var server = await FileServer.StartAsync(Zipped());
        var first = await EnterAsync(RequestOf(server) with { IsDryRun = true });
        await RunAsync(first);
        Assert.Equal(ImportState.Planned, (await StateAsync(first)).State);

        // The same address with a hash that the file has not.
        var wrong = await EnterAsync(RequestOf(server) with { Sha256 = new string('0', 64) });
        await RunAsync(wrong);
        Assert.Equal((ImportState.Failed, 0, 0), await StateAsync(wrong));
        Assert.Contains("it is another file, and was thrown away", (await Imports.GetAsync(wrong, Cancellation))!.Error, StringComparison.Ordinal);

        // The publisher has put it right.
        _folder.Add("1/C3thin_3.png", Pictures.Png(3));
        (server.Content, server.Tag) = (Zipped(), "v2");
        var right = await EnterAsync(RequestOf(server) with { Sha256 = ContentStore.Hash(server.Content) });
        await RunAsync(right);
        Assert.Equal((ImportState.Completed, 3, 3), await StateAsync(right));
        Assert.Empty(Directory.EnumerateFiles(_workplace.Storage.UploadFolder));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_looked_at_goes_in_or_nothing_does(bool isGivenHash)
    {
        var content = Zipped();
        await using var server = await FileServer.StartAsync(content);
        var id = await EnterAsync(RequestOf(server) with { IsDryRun = true, Sha256 = isGivenHash ? ContentStore.Hash(content) : null });
        await RunAsync(id);
        Assert.Equal(ImportState.Planned, (await StateAsync(id)).State);
        var fetched = Assert.Single(Directory.EnumerateFiles(_workplace.Storage.UploadFolder));

        // Somebody, or the disk, changed what was kept, and the publisher has another version.
        _folder.Add("1/C3thin_3.png", Pictures.Png(3));
        await File.WriteAllBytesAsync(fetched, Zipped(), Cancellation);
        (server.Content, server.Tag) = (Zipped(), "v2");
        Assert.True((await Imports.CarryOutAsync(id, Cancellation)).Succeeded);
        await RunAsync(id);
        var (state, _, images) = await StateAsync(id);
        Assert.Equal((ImportState.Failed, 0), (state, images));
        Assert.Empty(Directory.EnumerateFiles(_workplace.Storage.UploadFolder));
    }

    [Fact]
    public async Task A_dry_run_whose_file_is_lost_is_fetched_again_and_goes_in()
    {
        await using var server = await FileServer.StartAsync(Zipped());
        var id = await EnterAsync(RequestOf(server) with { IsDryRun = true });
        await RunAsync(id);
        File.Delete(Directory.EnumerateFiles(_workplace.Storage.UploadFolder).Single());
        Assert.True((await Imports.CarryOutAsync(id, Cancellation)).Succeeded);
        await RunAsync(id);
        Assert.Equal((ImportState.Completed, 2, 2), await StateAsync(id));
        Assert.Equal(2, server.Asked.Count);
    }

    [Fact]
    public async Task An_import_that_fails_leaves_no_file()
    {
        await using var server = await FileServer.StartAsync("no zip"u8.ToArray());
        var fetched = await EnterAsync(RequestOf(server));
        await RunAsync(fetched);
        Assert.Equal(ImportState.Failed, (await StateAsync(fetched)).State);

        Directory.CreateDirectory(_workplace.Storage.UploadFolder);
        var upload = Path.Combine(_workplace.Storage.UploadFolder, "set.zip");
        await File.WriteAllBytesAsync(upload, server.Content, Cancellation);
        var uploaded = await EnterAsync(upload: upload);
        await RunAsync(uploaded);
        Assert.Equal(ImportState.Failed, (await StateAsync(uploaded)).State);
        Assert.Empty(Directory.EnumerateFiles(_workplace.Storage.UploadFolder));
    }

    [Fact]
    public async Task A_dry_run_goes_with_its_file_when_a_newer_import_of_the_same_archive_takes_its_place()
    {
        await using var server = await FileServer.StartAsync(Zipped());
        var old = await EnterAsync(RequestOf(server) with { IsDryRun = true });
        await RunAsync(old);
        var folder = await EnterAsync(isDryRun: true);
        await RunAsync(folder);
        var newer = await EnterAsync(RequestOf(server) with { IsDryRun = true });
        Assert.Equal((ImportState.Cancelled, 2, 0), await StateAsync(old));
        Assert.Equal("A newer import of the same archive has taken its place.", (await Imports.GetAsync(old, Cancellation))!.Error);
        Assert.Equal(ImportState.Planned, (await StateAsync(folder)).State);
        await RunAsync(newer);
        Assert.Single(Directory.EnumerateFiles(_workplace.Storage.UploadFolder));
        Assert.False((await Imports.CarryOutAsync(old, Cancellation)).Succeeded);
    }

    [Fact]
    public async Task A_dry_run_that_nobody_decides_on_goes_with_its_file_after_a_week()
    {
        await using var server = await FileServer.StartAsync(Zipped());
        var fetched = await EnterAsync(RequestOf(server) with { IsDryRun = true });
        await RunAsync(fetched);
        var folder = await EnterAsync(isDryRun: true);
        await RunAsync(folder);
        _workplace.Time.Advance(StaleDryRuns.Kept);
        await _workplace.Get<StaleDryRuns>().DropOldAsync(Cancellation);
        Assert.Equal(ImportState.Planned, (await StateAsync(fetched)).State);

        _workplace.Time.Advance(TimeSpan.FromSeconds(1));
        await _workplace.Get<StaleDryRuns>().DropOldAsync(Cancellation);
        Assert.Equal(ImportState.Cancelled, (await StateAsync(fetched)).State);
        Assert.StartsWith("Nobody decided for 7 days", (await Imports.GetAsync(fetched, Cancellation))!.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_workplace.Storage.UploadFolder));
        // A folder on the server waits for as long as it likes: nothing is kept for it.
        Assert.Equal(ImportState.Planned, (await StateAsync(folder)).State);
    }

    [Theory]
    [InlineData("http://10.1.2.3/cells.zip")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("https://[::1]/cells.zip")]
    [InlineData("http://0x7f000002/cells.zip")]
    public async Task An_address_inside_the_network_is_refused_at_once(string address) => Assert.Equal(
        OutboundGuard.Refusal,
        (await Imports.EnterAsync(ImportRequest.Of(_workplace.ProjectId, address, ImportService.DefaultPatientPattern, "admin", null), Cancellation)).Error);

    [Fact]
    public async Task A_patient_who_is_on_two_sides_already_ends_an_import_with_a_sentence()
    {
        await _workplace.AddImagesAsync(1, DataSplit.Training, "P7");
        await _workplace.AddImagesAsync(1, DataSplit.Test, "P7");
        var id = await EnterAsync();
        await RunAsync(id);
        Assert.Equal("Patient 'P7' of this project is on two sides of its split already; 'Leaks' shows which.", (await Imports.GetAsync(id, Cancellation))!.Error);
    }

    [Fact]
    public async Task An_import_that_waits_is_cancelled_at_once_and_never_begins()
    {
        var id = await EnterAsync();
        Assert.True((await Imports.CancelAsync(id, Cancellation)).Succeeded);
        await RunAsync(id);
        Assert.Equal((ImportState.Cancelled, 0, 0), await StateAsync(id));
        Assert.Equal("This import has already ended.", (await Imports.CancelAsync(id, Cancellation)).Error);
    }

    [Fact]
    public async Task Of_an_import_that_is_cancelled_while_it_runs_nothing_stays()
    {
        // As its worker left it when it was killed: half is in.
        var id = await EnterAsync();
        await using (var db = _workplace.Open())
        {
            await _workplace.Get<DatasetImporter>().ImportAsync(await db.Imports.SingleAsync(i => i.Id == id, Cancellation), Cancellation);
            await db.Imports.Where(i => i.Id == id).ExecuteUpdateAsync(set => set.SetProperty(i => i.State, ImportState.Running), Cancellation);
        }

        Assert.Equal((ImportState.Running, 2, 2), await StateAsync(id));
        Assert.True((await Imports.CancelAsync(id, Cancellation)).Succeeded);
        Assert.Equal(ImportState.Running, (await StateAsync(id)).State);
        await RunAsync(id);
        Assert.Equal((ImportState.Cancelled, 0, 0), await StateAsync(id));
    }

    [Fact]
    public async Task A_worker_that_writes_its_counts_does_not_write_over_the_wish_to_cancel()
    {
        var id = await EnterAsync();
        await using var db = _workplace.Open();
        var import = await db.Imports.AsNoTracking().SingleAsync(i => i.Id == id, Cancellation);
        await db.Imports.Where(i => i.Id == id).ExecuteUpdateAsync(set => set.SetProperty(i => i.State, ImportState.Running), Cancellation);
        await Imports.CancelAsync(id, Cancellation);
        import.Processed = 1;
        db.Imports.Update(import);
        await db.SaveChangesAsync(Cancellation);
        Assert.True((await Imports.GetAsync(id, Cancellation))!.CancelRequested);
    }

    [Fact]
    public async Task A_preview_shows_names_that_tell_no_patient_first()
    {
        _folder.Add("0/nobody.png", Pictures.Png(3));
        var preview = (await ImportService.PreviewAsync(_folder.Path, ImportService.DefaultPatientPattern, Cancellation)).Value!;
        Assert.Equal((3, 2, 1), (preview.Files, preview.Patients, preview.Without));
        Assert.Equal(["", "C1", "C2"], preview.Names.Select(n => n.Patient ?? ""));
    }

    [Theory]
    [InlineData("/no/such/folder", "(?<patient>C)", "There is no such folder or file on the server.")]
    [InlineData("", "(?<patient>C", "The patient pattern is no valid regular expression.")]
    [InlineData("", "C", "The patient pattern needs a group called 'patient', for example ^(?<patient>[^_]+)_.")]
    public async Task A_preview_of_what_cannot_be_says_so_in_a_sentence(string path, string pattern, string sentence) =>
        Assert.Equal(sentence, (await ImportService.PreviewAsync(path.Length == 0 ? _folder.Path : path, pattern, Cancellation)).Error);

    private async Task<int> EnterAsync(bool isDryRun = false, string? upload = null)
    {
        var entered = await Imports.EnterAsync(
            new ImportRequest(_workplace.ProjectId, upload ?? _folder.Path, "set", upload is not null, ImportService.DefaultPatientPattern, "admin") { IsDryRun = isDryRun }, Cancellation);
        Assert.Null(entered.Error);
        return entered.Value;
    }

    private async Task<int> EnterAsync(ImportRequest request)
    {
        var entered = await Imports.EnterAsync(request, Cancellation);
        Assert.Null(entered.Error);
        return entered.Value;
    }

    private ImportRequest RequestOf(FileServer server) => ImportRequest.Of(_workplace.ProjectId, server.Address, ImportService.DefaultPatientPattern, "admin", null);

    private byte[] Zipped()
    {
        using var zip = new MemoryStream();
        System.IO.Compression.ZipFile.CreateFromDirectory(_folder.Path, zip);
        return zip.ToArray();
    }

    private Task RunAsync(int id) => _workplace.Get<ImportRunner>().RunAsync(id, Cancellation);

    private async Task<(ImportState State, int Added, int Images)> StateAsync(int id)
    {
        await using var db = _workplace.Open();
        var import = await db.Imports.AsNoTracking().SingleAsync(i => i.Id == id, Cancellation);
        return (import.State, import.Added, await db.Images.CountAsync(i => i.ImportId == id, Cancellation));
    }
}
