using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace SafeMedLabel.Application.Datasets;

/// <summary>
/// Fetches an archive from an address that a person gave. What broke off goes on where it was, also after the worker was killed, as long as the server
/// says that it is still the same file (If-Range, RFC 9110, section 13.1.5).
/// </summary>
public sealed class ArchiveDownload(IHttpClientFactory clients, TimeProvider time, ILogger<ArchiveDownload> logger)
{
    /// <summary>Name of the HTTP client.</summary>
    public const string Client = "archives";

    /// <summary>Times that it is tried without a byte in between.</summary>
    private const int MostTries = 5;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    /// <summary>Fetches the archive. It has its name only once it is whole and its hash is right.</summary>
    /// <param name="address">Where it lies; http or https.</param>
    /// <param name="path">The file to make.</param>
    /// <param name="sha256">What its SHA-256 must be, 64 hex digits; null where nobody knows.</param>
    /// <param name="progress">Hears how many bytes are here, and how many there are, where the server says so.</param>
    /// <param name="cancellationToken">Gives up; what came so far stays.</param>
    /// <exception cref="DatasetException">It cannot be fetched, is too large, or is another file.</exception>
    public async Task FetchAsync(Uri address, string path, string? sha256, Action<long, long?> progress, CancellationToken cancellationToken = default)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var part = $"{path}.part";
        for (var tries = 1; ; tries++)
        {
            var before = LengthOf(part);
            try
            {
                await GoOnAsync(address, part, progress, cancellationToken);
                break;
            }
            catch (Exception broken) when (broken is HttpRequestException or IOException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                tries = LengthOf(part) > before ? 0 : tries;
                if (tries >= MostTries)
                {
                    throw new DatasetException($"{address.Host} cannot be reached, or breaks off; what came so far is kept, and the same import goes on with it.", broken);
                }

                // The address may hold a secret: it is in no log.
                logger.LogInformation("A download broke off after {Bytes} bytes and goes on: {Reason}.", LengthOf(part), broken.GetType().Name);
                await Task.Delay(FirstPause * Math.Pow(2, tries), time, cancellationToken);
            }
        }

        if (sha256 is not null && await HashAsync(part, cancellationToken) is var hash && !hash.Equals(sha256, StringComparison.OrdinalIgnoreCase))
        {
            File.Delete(part);
            throw new DatasetException($"The file from {address.Host} has the SHA-256 {hash[..8]}…, not the one that was given: it is another file, and was thrown away.");
        }

        File.Move(part, path, overwrite: true);
        File.Delete(MarkOf(part));
    }

    /// <summary>What a file is called that holds the server's mark of the version that a part is of.</summary>
    internal static string MarkOf(string part) => $"{part}.etag";

    private async Task GoOnAsync(Uri address, string part, Action<long, long?> progress, CancellationToken cancellationToken)
    {
        var offset = LengthOf(part);
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (offset > 0 && File.Exists(MarkOf(part)) && EntityTagHeaderValue.TryParse(await File.ReadAllTextAsync(MarkOf(part), cancellationToken), out var mark))
        {
            request.Headers.Range = new RangeHeaderValue(offset, null);
            request.Headers.IfRange = new RangeConditionHeaderValue(mark);
        }

        using var response = await clients.CreateClient(Client).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        var goesOn = response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From == offset;
        if (!goesOn && response.StatusCode != HttpStatusCode.OK)
        {
            var status = (int)response.StatusCode;
            throw status >= 500 || response.StatusCode is HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable
                ? new HttpRequestException($"The server answered {status}.")
                : new DatasetException($"{address.Host} answered {status}: there is nothing to import at this address.");
        }

        if (!goesOn)
        {
            offset = 0;
            File.Delete(part);
            File.Delete(MarkOf(part));
            if (response.Headers.ETag is { IsWeak: false } tag)
            {
                await File.WriteAllTextAsync(MarkOf(part), tag.ToString(), cancellationToken);
            }
        }

        var expected = offset + response.Content.Headers.ContentLength;
        await using var source = await response.Content.ReadAsStreamAsync(cancellationToken);
        await using var target = new FileStream(part, FileMode.Append, FileAccess.Write, FileShare.Read);
        var buffer = new byte[128 * 1024];
        for (int read; (read = await source.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            progress(target.Length, expected);
            if (target.Length > UploadService.MaximumBytes)
            {
                throw new DatasetException($"The archive has more than {UploadService.MaximumBytes >> 30} GB; fetch it by hand and import a folder.");
            }
        }

        if (target.Length < expected)
        {
            throw new IOException("The connection ended early.");
        }
    }

    private static long LengthOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    private static async Task<string> HashAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
    }
}
