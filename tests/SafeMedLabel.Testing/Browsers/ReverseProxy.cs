using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;

namespace SafeMedLabel.Testing.Browsers;

/// <summary>nginx in front of a server, by the very lines of the guide to installation but for its addresses and files; its certificate is its own.</summary>
public sealed partial class ReverseProxy : IAsyncDisposable
{
    private const string Program = "/usr/sbin/nginx";

    private readonly TemporaryFolder _folder = new();
    private readonly Process _process;

    private ReverseProxy(Uri server)
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest($"CN={Address.Host}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(_folder.File("label.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(_folder.File("label.key"), key.ExportPkcs8PrivateKeyPem());
        var site = Block().Match(File.ReadAllText(Guides.File("installation.md"))).Value
            .Replace("/etc/ssl/", $"{_folder.Path}/", StringComparison.Ordinal)
            .Replace("listen 443", $"listen {Address.Authority}", StringComparison.Ordinal)
            .Replace("http://127.0.0.1:5080", server.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal);
        string[] scratch = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        File.WriteAllText(_folder.File("nginx.conf"), $$"""
            daemon off;
            master_process off;
            pid {{_folder.Path}}/nginx.pid;
            events {}
            http {
              access_log off;
              {{string.Join(' ', scratch.Select(name => $"{name}_temp_path {_folder.Path}/{name};"))}}
            {{site}}
            }
            """);
        _process = Process.Start(new ProcessStartInfo(Program, ["-p", _folder.Path, "-c", _folder.File("nginx.conf"), "-e", _folder.File("error.log")]))!;
    }

    /// <summary>Where browsers reach the server through it.</summary>
    public Uri Address { get; } = new($"https://127.0.0.1:{RunningServer.FreePort()}");

    /// <summary>Starts it and waits until the server answers through it; where there is no nginx, the test that asks is skipped.</summary>
    public static async Task<ReverseProxy> StartAsync(Uri server, CancellationToken cancellationToken)
    {
        Assert.SkipUnless(File.Exists(Program), "There is no nginx on this machine; Debian's package 'nginx-light' has it.");
        var proxy = new ReverseProxy(server);
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator };
        using var http = new HttpClient(handler);
        while (true)
        {
            try
            {
                await http.GetStringAsync(new Uri(proxy.Address, "health/live"), cancellationToken);
                return proxy;
            }
            catch (HttpRequestException) when (!proxy._process.HasExited)
            {
                await Task.Delay(50, cancellationToken);
            }
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }

    [GeneratedRegex(@"^    server \{\n.*?^    \}\n", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
