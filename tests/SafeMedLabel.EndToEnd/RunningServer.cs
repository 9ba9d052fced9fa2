using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.EndToEnd;

/// <summary>The real server with its real worker, in processes of their own, on an empty storage folder.</summary>
public sealed class RunningServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StorageOptions _storage;

    private RunningServer(Process process, StorageOptions storage, Uri address)
    {
        _process = process;
        _storage = storage;
        Address = address;
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Starts it and waits until it answers.</summary>
    public static async Task<RunningServer> StartAsync(CancellationToken cancellationToken)
    {
        var storage = new StorageOptions { Root = Directory.CreateTempSubdirectory("safemed-e2e-").FullName };
        var address = new Uri($"http://127.0.0.1:{FreePort()}");
        var process = Process.Start(Program(new() { ["Storage__Root"] = storage.FullRoot, ["Urls"] = address.ToString() }))!;
        process.OutputDataReceived += (_, line) => Console.WriteLine(line.Data);
        process.ErrorDataReceived += (_, line) => Console.WriteLine(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var server = new RunningServer(process, storage, address);
        using var http = new HttpClient();
        while (true)
        {
            try
            {
                await http.GetStringAsync(new Uri(address, "health"), cancellationToken);
                return server;
            }
            catch (HttpRequestException) when (!process.HasExited)
            {
                await Task.Delay(200, cancellationToken);
            }
        }
    }

    /// <summary>How the server is started from its own folder with settings.</summary>
    public static ProcessStartInfo Program(Dictionary<string, string> settings)
    {
        var output = typeof(RunningServer).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == "WebOutput").Value!;
        var start = new ProcessStartInfo("dotnet", [Path.Combine(output, "SafeMedLabel.Web.dll")])
        {
            WorkingDirectory = output,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    /// <summary>The server's database, read beside it.</summary>
    public AppDbContext OpenDatabase() =>
        new(new DbContextOptionsBuilder<AppDbContext>().UseSqlite($"Data Source={_storage.DatabaseFile};Default Timeout=30").Options);

    /// <summary>The worker that serves this server, found by its command line; null while none runs.</summary>
    public Process? FindWorker() => Process.GetProcessesByName("dotnet").FirstOrDefault(p =>
    {
        var commandLine = $"/proc/{p.Id}/cmdline";
        return File.Exists(commandLine) && File.ReadAllText(commandLine).Split('\0') is var arguments
            && arguments.Contains("worker") && arguments.Contains(_storage.FullRoot);
    });

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_storage.FullRoot, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
