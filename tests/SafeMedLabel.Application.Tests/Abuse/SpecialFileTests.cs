using SafeMedLabel.Application.Backups;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Files;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Abuse;

/// <summary>Pipes, devices, sockets and loops where files are looked for: to open one may wait for ever, and none is ever opened.</summary>
public sealed class SpecialFileTests : IDisposable
{
    private const string Refusal = "A pipe, device or socket; only real files are read.";

    private static readonly TimeSpan AtMost = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Kinds => ["pipe", "device", "socket"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_special_file_in_a_folder_is_listed_with_its_reason_and_the_rest_goes_in(string kind)
    {
        Cells();
        Make(kind, "a/C1_trap.png");
        await using var workplace = await Workplace.CreateAsync();
        var import = await ImportAsync(workplace, _folder.Path);

        Assert.Equal((ImportState.Completed, 2, 1), (import.State, import.Added, import.Rejected));
        var issue = Assert.Single(await workplace.Get<ImportService>().IssuesAsync(import.Id, Cancellation));
        Assert.Equal(("a/C1_trap.png", Refusal), (issue.Path, issue.Reason));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_special_file_is_no_source_and_its_import_does_not_begin(string kind)
    {
        var path = Make(kind, "set.zip");
        await using var workplace = await Workplace.CreateAsync();
        var request = new ImportRequest(workplace.ProjectId, path, "set", IsUpload: false, ImportService.DefaultPatientPattern, "admin");

        Assert.Equal($"What lies there is no folder or zip. {Refusal}", (await Soon(() => workplace.Get<ImportService>().EnterAsync(request, Cancellation))).Error);
        Assert.Equal($"What lies there is no folder or zip. {Refusal}", (await Soon(() => ImportService.PreviewAsync(path, ImportService.DefaultPatientPattern, Cancellation))).Error);
        var refused = await Assert.ThrowsAsync<DatasetException>(() => Soon(() => Task.Run(() => DatasetSource.Open(path))));
        Assert.EndsWith(Refusal, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("manifest.csv")]
    [InlineData("label-studio.json")]
    public async Task A_manifest_that_is_a_pipe_ends_the_import_with_a_sentence(string name)
    {
        Cells();
        SpecialFiles.Pipe(_folder.File(name));
        await using var workplace = await Workplace.CreateAsync();
        var import = await ImportAsync(workplace, _folder.Path);

        Assert.Equal((ImportState.Failed, $"The manifest cannot be read. {Refusal}"), (import.State, import.Error));
    }

    [Fact]
    public async Task A_table_of_readings_that_is_a_pipe_ends_the_import_with_a_sentence()
    {
        Cells();
        _folder.Add("manifest.csv", "path,label\na/C1_1.png,a\nb/C2_2.png,b\n"u8.ToArray());
        SpecialFiles.Pipe(_folder.File("readings.csv"));
        await using var workplace = await Workplace.CreateAsync();
        var import = await ImportAsync(workplace, _folder.Path);

        Assert.Equal(ImportState.Failed, import.State);
        Assert.EndsWith(Refusal, import.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_leads_back_to_itself_is_read_once()
    {
        Cells();
        Directory.CreateSymbolicLink(_folder.File("a/again"), _folder.Path);
        File.CreateSymbolicLink(_folder.File("b/self.png"), _folder.File("b/self.png"));
        await using var workplace = await Workplace.CreateAsync();
        var import = await ImportAsync(workplace, _folder.Path);

        Assert.Equal((ImportState.Completed, 2, 2), (import.State, import.Added, import.Rejected));
        var itself = await ImportAsync(workplace, _folder.File("b/self.png"));
        Assert.Equal(ImportState.Failed, itself.State);
        Assert.Contains("cannot be read", itself.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_becomes_a_pipe_after_it_was_listed_is_not_opened()
    {
        Cells();
        using var source = DatasetSource.Open(_folder.Path, cancellationToken: TestContext.Current.CancellationToken);
        var file = source.Files.First();
        File.Delete(_folder.File(file.Path));
        SpecialFiles.Pipe(_folder.File(file.Path));

        Assert.Equal("The file cannot be read.", (await Assert.ThrowsAsync<ImageRejectedException>(() => Soon(() => Task.Run(file.Read)))).Message);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_special_file_is_neither_opened_nor_restored_nor_written_over(string kind)
    {
        var path = Make(kind, "file");
        await using var workplace = await Workplace.CreateAsync();
        var progress = new Progress<double>();

        foreach (var open in (Action[])
        [
            () => RegularFile.OpenHandle(path).Dispose(),
            () => RegularFile.ReadAllBytes(path),
            () => RegularFile.ReadAllText(path),
            () => FileContent.At(path).ReadWhole(),
            () => new StorageRestore(new Application.Persistence.StorageOptions { Root = _folder.File("restored") }, "SafeMedLabel.Migrations.Sqlite").Read(path, progress, Cancellation),
            () => new StorageBackup(workplace.Storage, "test", TimeProvider.System).Write(path, overwrite: true, progress, Cancellation),
        ])
        {
            var refused = await Assert.ThrowsAnyAsync<Exception>(() => Soon(() => Task.Run(() =>
            {
                open();
                return true;
            })));
            Assert.True(refused is IOException or BackupException or ImageRejectedException, refused.ToString());
        }

        Assert.True(RegularFile.IsOther(path));
    }

    [Fact]
    public void What_is_not_there_or_may_not_be_read_is_told_as_of_any_file()
    {
        Assert.Throws<FileNotFoundException>(() => RegularFile.OpenHandle(_folder.File("none")));
        Assert.Throws<DirectoryNotFoundException>(() => RegularFile.OpenHandle(Path.Combine(_folder.Add("file", [1]), "below")));
        Assert.Throws<IOException>(() => RegularFile.OpenRead(_folder.Path));
        Assert.Equal([1, 2, 3], RegularFile.ReadAllBytes(_folder.Add("ä ö.bin", [1, 2, 3])));
        Assert.Equal("ä", RegularFile.ReadAllText(_folder.Add("text", "ä"u8.ToArray())));
    }

    private void Cells()
    {
        _folder.Add("a/C1_1.png", Pictures.Png(1));
        _folder.Add("b/C2_2.png", Pictures.Png(2));
    }

    private string Make(string kind, string name) => kind switch
    {
        "pipe" => SpecialFiles.Pipe(_folder.File(name)),
        "device" => SpecialFiles.Device(_folder.File(name)),
        _ => SpecialFiles.Socket(_folder.File(name)),
    };

    private static async Task<DatasetImport> ImportAsync(Workplace workplace, string path)
    {
        var imports = workplace.Get<ImportService>();
        var entered = await imports.EnterAsync(new ImportRequest(workplace.ProjectId, path, "set", IsUpload: false, ImportService.DefaultPatientPattern, "admin"), Cancellation);
        Assert.Null(entered.Error);
        await Soon(async () =>
        {
            await workplace.Get<ImportRunner>().RunAsync(entered.Value, Cancellation);
            return true;
        });
        return (await imports.GetAsync(entered.Value, Cancellation))!;
    }

    /// <summary>What opened a pipe would never end.</summary>
    private static Task<T> Soon<T>(Func<Task<T>> work) => Task.Run(work).WaitAsync(AtMost, Cancellation);
}
