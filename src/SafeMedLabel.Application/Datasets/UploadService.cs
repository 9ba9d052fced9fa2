using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Datasets;

/// <summary>Takes archives part by part, straight to disk, and imports those that are whole. What broke off stays for a week.</summary>
public sealed class UploadService(
    ImportService imports, IDbContextFactory<AppDbContext> contexts, StorageOptions storage, StorageRoom room, TimeProvider time) : IDisposable
{
    /// <summary>The largest archive.</summary>
    public const long MaximumBytes = 8L * 1024 * 1024 * 1024;

    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    // One import is started after the other: of two requests for one file, the second finds what came of the first.
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>How many bytes of a file are here.</summary>
    public long Received(UploadedFile file) => new FileInfo(PathOf(file)) is { Exists: true } part ? part.Length : 0;

    /// <summary>Adds a part to a file and returns how many bytes are here then. A part that breaks off is kept as far as it came.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">Where the part begins; refused where that is not where the file goes on.</param>
    /// <param name="part">The bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Result<long>> AppendAsync(UploadedFile file, long offset, Stream part, CancellationToken cancellationToken = default)
    {
        if (await DeniedAsync(file, cancellationToken) is { } denied)
        {
            return denied;
        }

        if (file.Size is < 1 or > MaximumBytes)
        {
            return Result.Refused($"An archive has at most {MaximumBytes >> 30} GB; a larger one is imported from a folder of the server.");
        }

        if (offset == 0)
        {
            Directory.CreateDirectory(storage.UploadFolder);
            DeleteOld();
        }

        if (room.Problem("The upload", Math.Max(0, file.Size - offset)) is { } problem)
        {
            return Result.Refused(problem);
        }

        await using var stream = Open(PathOf(file), mayBegin: offset == 0);
        if (stream?.Length != offset)
        {
            return Result.Refused("The upload goes on elsewhere.");
        }

        stream.Position = offset;
        await CopyAsync(part, stream, file.Size, cancellationToken);
        return stream.Length <= file.Size ? stream.Length : Result.Refused("More came than the file has.");
    }

    /// <summary>Imports a file that is whole, and returns the import's key. Where the import is refused, the file stays for another try.</summary>
    /// <param name="file">The file.</param>
    /// <param name="patientPattern">Regular expression with a group 'patient'.</param>
    /// <param name="site">Where the images were taken; null or empty where nobody says.</param>
    /// <param name="isDryRun">True where it is only to be said what would go in.</param>
    /// <param name="patchSize">Pixels a side of the patches that larger pictures are to be cut into; null where all go in as they are.</param>
    /// <param name="clientKey">Made once for this import and sent again unchanged on a retry; null where there is none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Result<int>> ImportAsync(
        UploadedFile file, string patientPattern, string? site, bool isDryRun, int? patchSize = null, Guid? clientKey = null, CancellationToken cancellationToken = default)
    {
        if (await DeniedAsync(file, cancellationToken) is { } denied)
        {
            return denied;
        }

        var archive = Path.Combine(storage.UploadFolder, $"{Guid.NewGuid():n}.zip");
        var request = new ImportRequest(file.ProjectId, archive, file.Name.Length > 200 ? file.Name[..200] : file.Name, IsUpload: true, patientPattern, file.UserId, site)
        {
            IsDryRun = isDryRun,
            PatchSize = patchSize,
            ClientKey = clientKey,
            Upload = file,
        };
        await _turn.WaitAsync(cancellationToken);
        try
        {
            // Its file was moved away when it came first.
            return await imports.DoneAsync(request, cancellationToken) ?? await StartAsync(file, request, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _turn.Dispose();

    private async Task<Result<int>> StartAsync(UploadedFile file, ImportRequest request, CancellationToken cancellationToken)
    {
        if (file.Size < 1 || Received(file) != file.Size)
        {
            return Result.Refused("The upload is not complete.");
        }

        // What looks old and has no import yet would be taken for one that nobody needs.
        File.SetLastWriteTimeUtc(PathOf(file), time.GetUtcNow().UtcDateTime);
        File.Move(PathOf(file), request.SourcePath);
        var started = await imports.StartAsync(request, cancellationToken);
        if (!started.Succeeded)
        {
            File.Move(request.SourcePath, PathOf(file), overwrite: true);
        }

        return started;
    }

    /// <summary>The file, for this caller alone; null where there is none, or another has it.</summary>
    private static FileStream? Open(string path, bool mayBegin)
    {
        try
        {
            return new FileStream(path, mayBegin ? FileMode.OpenOrCreate : FileMode.Open, FileAccess.Write, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static async Task CopyAsync(Stream part, FileStream stream, long size, CancellationToken cancellationToken)
    {
        var buffer = new byte[128 * 1024];
        while (stream.Position <= size && await part.ReadAsync(buffer, cancellationToken) is var read and > 0)
        {
            await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }
    }

    private async Task<Result?> DeniedAsync(UploadedFile file, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await ActorRight.InProjectAsync(db, file.ProjectId, Roles.Admin, file.UserId) is { Succeeded: false } denied ? denied : null;
    }

    private string PathOf(UploadedFile file) => Path.Combine(storage.UploadFolder, file.PartName);

    private void DeleteOld()
    {
        foreach (var part in new DirectoryInfo(storage.UploadFolder).EnumerateFiles("*.part").Where(p => p.LastWriteTimeUtc < time.GetUtcNow().UtcDateTime - Kept))
        {
            part.Delete();
        }
    }
}
