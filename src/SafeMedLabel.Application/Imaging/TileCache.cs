using System.Collections.Concurrent;
using System.Globalization;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Imaging;

/// <summary>
/// Tiles of large images, but for slides, whose files hold them, made when somebody looks at one closely and kept for the most recent ones. They are pixels alone: a file's own metadata may
/// name a patient.
/// </summary>
public sealed class TileCache(StorageOptions storage, ContentStore store) : IDisposable
{
    /// <summary>The most images of which tiles are kept.</summary>
    public const int MaximumImages = 32;

    // One at a time: an image's pixels take up to 200 MB while its tiles are made.
    private readonly SemaphoreSlim _making = new(1);

    private readonly ConcurrentDictionary<string, byte> _made = new();

    private string Root => storage.TileFolder;

    /// <summary>A tile in PNG; null where there is none. The first of an image takes a second or two.</summary>
    /// <param name="hash">Content hash of the image.</param>
    /// <param name="level">Level of the <see cref="TilePyramid"/>.</param>
    /// <param name="column">From the left, from 0.</param>
    /// <param name="row">From the top, from 0.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ImageRejectedException">The stored file is damaged.</exception>
    public async Task<byte[]?> ReadAsync(string hash, int level, int column, int row, CancellationToken cancellationToken = default)
    {
        await PrepareAsync(hash, cancellationToken);
        try
        {
            return await File.ReadAllBytesAsync(Path.Combine(FolderOf(hash), string.Create(CultureInfo.InvariantCulture, $"tiles_files/{level}/{column}_{row}.png")), cancellationToken);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Makes an image's tiles, unless they are there.</summary>
    public async Task PrepareAsync(string hash, CancellationToken cancellationToken = default)
    {
        if (_made.ContainsKey(hash) && Directory.Exists(FolderOf(hash)))
        {
            return;
        }

        await _making.WaitAsync(cancellationToken);
        try
        {
            if (!Directory.Exists(FolderOf(hash)))
            {
                await MakeAsync(hash, cancellationToken);
            }

            Directory.SetLastWriteTimeUtc(FolderOf(hash), DateTime.UtcNow);
            _made[hash] = 0;
            DropOld();
        }
        finally
        {
            _making.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _making.Dispose();

    private async Task MakeAsync(string hash, CancellationToken cancellationToken)
    {
        var unfinished = $"{FolderOf(hash)}.{Guid.NewGuid():n}";
        Directory.CreateDirectory(unfinished);
        try
        {
            await Task.Run(() => TileWriter.Write(ImageDecoder.Read(store.Open(hash)).Pixels, Path.Combine(unfinished, "tiles")), cancellationToken);
            Directory.Move(unfinished, FolderOf(hash));
        }
        catch
        {
            Directory.Delete(unfinished, recursive: true);
            throw;
        }
    }

    private void DropOld()
    {
        foreach (var old in new DirectoryInfo(Root).EnumerateDirectories().OrderByDescending(d => d.LastWriteTimeUtc).Skip(MaximumImages).ToList())
        {
            _made.TryRemove(old.Name, out _);
            old.Delete(recursive: true);
        }
    }

    private string FolderOf(string hash) => Path.Combine(Root, hash);
}
