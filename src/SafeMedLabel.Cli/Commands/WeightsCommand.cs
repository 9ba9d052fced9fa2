using System.CommandLine;
using System.Security.Cryptography;
using SafeMedLabel.Cli.Output;
using Spectre.Console;

namespace SafeMedLabel.Cli.Commands;

/// <summary><c>safemed weights fetch</c>: published weights to begin a training with. The one verb that calls out, and only when a person types it.</summary>
internal static class WeightsCommand
{
    private const int BufferSize = 1 << 16;

    /// <summary>torchvision's ResNet-18 of ImageNet. The name of its file holds the beginning of its SHA-256.</summary>
    private const string ResNet18Address = "https://download.pytorch.org/models/resnet18-f37072fd.pth";
    private const string ResNet18Hash = "f37072fd";

    public static Command Create()
    {
        var name = new Argument<string>("name") { Description = "The weights: resnet18." };
        name.AcceptOnlyFromAmong("resnet18");
        var from = new Option<string>("--from") { Description = "Address to fetch from, e.g. a mirror in the hospital.", DefaultValueFactory = _ => ResNet18Address };
        var hash = new Option<string>("--sha256") { Description = "The beginning of the SHA-256 that the file must have.", DefaultValueFactory = _ => ResNet18Hash };
        var output = new Option<string>("--out") { Description = "Where the file goes.", DefaultValueFactory = _ => Path.Combine("data", "weights", "resnet18-f37072fd.pth") };
        var fetch = new Command("fetch", "Download published weights, for train --weights. Needs the internet.") { name, from, hash, output };
        CommandRunner.SetAction(fetch, async (parsed, runner, cancellationToken) =>
        {
            var (address, path) = (parsed.GetRequiredValue(from), parsed.GetRequiredValue(output));
            if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            {
                throw new ArgumentException($"'{address}' is no address that can be fetched.");
            }

            var expected = parsed.GetRequiredValue(hash);
            if (expected.Length < ResNet18Hash.Length)
            {
                throw new ArgumentException("--sha256 takes at least the first eight digits: fewer are no check.");
            }

            var digest = await CommandRunner.WithProgress("Fetching", report => FetchAsync(uri, path, expected, report, cancellationToken).GetAwaiter().GetResult());
            runner.Print(new { file = path, sha256 = digest }, console => console.MarkupLineInterpolated($"[green]Fetched[/] {path}. Begin a training with it: safemed train --weights {path} …"));
        });
        return new Command("weights", "Published weights to begin a training with.") { fetch };
    }

    private static async Task<string> FetchAsync(Uri address, string path, string expected, Action<double, string> report, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var partial = path + ".part";
        try
        {
            var digest = await DownloadAsync(address, partial, report, cancellationToken);
            if (!digest.StartsWith(expected, StringComparison.OrdinalIgnoreCase))
            {
                throw new InvalidDataException($"The file from {address.Host} has the SHA-256 {digest[..8]}…, not {expected}…: it is not the file that was asked for, and was thrown away.");
            }

            File.Move(partial, path, overwrite: true);
            return digest;
        }
        catch (HttpRequestException unreachable)
        {
            throw new IOException($"The weights could not be fetched from {address.Host} ({unreachable.Message}). Without the internet, fetch {address} elsewhere and name the file with --weights, or train from random weights.", unreachable);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private static async Task<string> DownloadAsync(Uri address, string path, Action<double, string> report, CancellationToken cancellationToken)
    {
        using var client = new HttpClient();
        using var response = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.EnsureSuccessStatusCode();
        var length = response.Content.Headers.ContentLength;
        await using var source = await response.Content.ReadAsStreamAsync(cancellationToken);
        await using var target = File.Create(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (buffer, done) = (new byte[BufferSize], 0L);
        for (int read; (read = await source.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            hash.AppendData(buffer, 0, read);
            await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            done += read;
            report(length is > 0 ? (double)done / length.Value : 0, $"{done / 1e6:0.0} MB");
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
