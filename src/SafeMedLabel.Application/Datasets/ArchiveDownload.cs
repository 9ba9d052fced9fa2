using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SafeMedLabel.Application.Outbound;

namespace SafeMedLabel.Application.Datasets;

/// <summary>
/// Fetches an archive from an address that a person gave. What broke off goes on where it was, also after the worker was killed, as long as the server
/// says that it is still the same version (If-Range, RFC 9110, section 13.1.5). No file is believed by its name: its SHA-256 is computed each time.
/// </summary>
public sealed class ArchiveDownload(IHttpClientFactory clients, TimeProvider time, ILogger<ArchiveDownload> logger)
{
    private const string Client = "archives";

    /// <summary>Times that it is tried without a byte in between, where nothing has come yet: the address may be wrong.</summary>
    private const int MostFirstTries = 5;

    /// <summary>The same where something has come: about four minutes.</summary>
    private const int MostTries = 8;

    /// <summary>Publishers lead on to where their files lie, rarely more than twice.</summary>
    private const int MostRedirects = 5;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    /// <summary>A file that was changed so shortly before it was sent may have been changed again within the same second (RFC 9110, section 8.8.2.2).</summary>
    private static readonly TimeSpan TellsVersionsApart = TimeSpan.FromMinutes(1);

    /// <summary>Adds it with its HTTP client. An archive takes as long as it takes.</summary>
    public static void AddTo(IServiceCollection services)
    {
        services.AddOutboundClient(Client, MostRedirects, client => client.Timeout = Timeout.InfiniteTimeSpan);
        services.AddSingleton<ArchiveDownload>();
    }

    /// <summary>Fetches the archive, unless it is here. It has its name only once it is whole and its hash is right.</summary>
    /// <param name="address">Where it lies; http or https.</param>
    /// <param name="path">The file to make. Only the same archive may ever have been fetched to it.</param>
    /// <param name="sha256">What its SHA-256 must be, 64 hex digits; null where nobody knows.</param>
    /// <param name="progress">Hears how many bytes are here, and how many there are, where the server says so.</param>
    /// <param name="cancellationToken">Gives up; what came so far stays.</param>
    /// <returns>Its SHA-256, in lower-case hex digits.</returns>
    /// <exception cref="DatasetException">It cannot be fetched, is too large, or is another file.</exception>
    public async Task<string> FetchAsync(Uri address, string path, string? sha256, Action<long, long?> progress, CancellationToken cancellationToken = default)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (File.Exists(path))
        {
            if (sha256 is not null && await HashAsync(path, cancellationToken) is var here && IsSame(here, sha256))
            {
                return here;
            }

            File.Delete(path);
        }

        var part = $"{path}.part";
        await FetchPartAsync(address, part, progress, cancellationToken);
        var hash = await HashAsync(part, cancellationToken);
        if (sha256 is not null && !IsSame(hash, sha256))
        {
            DeletePart(part);
            throw new DatasetException($"The file from {address.Host} has the SHA-256 {hash[..8]}…, not {sha256[..8]}…: it is another file, and was thrown away.");
        }

        File.Move(part, path, overwrite: true);
        DeletePart(part);
        return hash;
    }

    /// <summary>Deletes what was fetched to a path, and what was begun.</summary>
    public static void Delete(string path)
    {
        File.Delete(path);
        DeletePart($"{path}.part");
    }

    private static void DeletePart(string part)
    {
        File.Delete(part);
        File.Delete(MarkOf(part));
    }

    /// <summary>What a file is called that holds the server's mark of the version that a part is of.</summary>
    private static string MarkOf(string part) => $"{part}.version";

    private async Task FetchPartAsync(Uri address, string part, Action<long, long?> progress, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            var before = LengthOf(part);
            try
            {
                await GoOnAsync(address, part, progress, cancellationToken);
                return;
            }
            catch (HttpRequestException refused) when (OutboundGuard.Refused(refused))
            {
                throw new DatasetException(OutboundGuard.Refusal, refused);
            }
            catch (Exception broken) when (broken is HttpRequestException or IOException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                var now = LengthOf(part);
                tries = now > before ? 0 : tries;
                if (tries >= (now > 0 ? MostTries : MostFirstTries))
                {
                    throw new DatasetException($"{address.Host} cannot be reached, or breaks off; please start the import again later.", broken);
                }

                // The address may hold a secret: it is in no log.
                logger.LogInformation("A download broke off after {Bytes} bytes and goes on: {Reason}.", now, broken.GetType().Name);
                await Task.Delay(FirstPause * Math.Pow(2, tries), time, cancellationToken);
            }
        }
    }

    private async Task GoOnAsync(Uri address, string part, Action<long, long?> progress, CancellationToken cancellationToken)
    {
        var offset = LengthOf(part);
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        var version = offset > 0 ? await VersionAsync(part, cancellationToken) : null;
        if (version is not null)
        {
            request.Headers.Range = new RangeHeaderValue(offset, null);
            request.Headers.IfRange = version;
        }

        using var response = await clients.CreateClient(Client).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        var goesOn = version is not null && response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From == offset && IsOf(version, response);
        if (!goesOn)
        {
            RequireWhole(address, part, response);
            DeletePart(part);
            offset = 0;
            if (VersionOf(response) is { } told)
            {
                await File.WriteAllTextAsync(MarkOf(part), told.ToString(), cancellationToken);
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

    /// <exception cref="DatasetException">There is no archive at the address.</exception>
    /// <exception cref="HttpRequestException">It may be there the next time, from its beginning.</exception>
    private static void RequireWhole(Uri address, string part, HttpResponseMessage response)
    {
        if (response.StatusCode == HttpStatusCode.OK)
        {
            return;
        }

        var status = (int)response.StatusCode;
        if (response.StatusCode is HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            // What is here is of another version, or is whole and was never given its name.
            DeletePart(part);
            throw new HttpRequestException($"The server answered {status}.");
        }

        throw status switch
        {
            >= 500 => new HttpRequestException($"The server answered {status}."),
            >= 300 and < 400 => new DatasetException($"{address.Host} leads on to other addresses more than {MostRedirects} times, or from https to http."),
            _ => new DatasetException($"{address.Host} answered {status}: there is nothing to import at this address."),
        };
    }

    /// <summary>By what a part's version is asked for again; null where the server gave no mark that tells versions apart.</summary>
    private static async Task<RangeConditionHeaderValue?> VersionAsync(string part, CancellationToken cancellationToken) =>
        File.Exists(MarkOf(part)) && RangeConditionHeaderValue.TryParse(await File.ReadAllTextAsync(MarkOf(part), cancellationToken), out var version) ? version : null;

    private static RangeConditionHeaderValue? VersionOf(HttpResponseMessage response) =>
        response.Headers.ETag is { IsWeak: false } tag ? new RangeConditionHeaderValue(tag)
        : response.Content.Headers.LastModified is { } modified && response.Headers.Date - modified >= TellsVersionsApart
            ? new RangeConditionHeaderValue(modified)
            : null;

    /// <summary>False where a server goes on although it says that it has another version now.</summary>
    private static bool IsOf(RangeConditionHeaderValue version, HttpResponseMessage response) =>
        version.EntityTag is { } tag ? response.Headers.ETag is null || response.Headers.ETag.Equals(tag)
        : response.Content.Headers.LastModified is null || response.Content.Headers.LastModified == version.Date;

    private static bool IsSame(string hash, string sha256) => hash.Equals(sha256, StringComparison.OrdinalIgnoreCase);

    private static long LengthOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    private static async Task<string> HashAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
    }
}
