using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Testing.Browsers;

/// <summary>The real server with its real worker, in processes of their own, on an empty storage folder.</summary>
public sealed class RunningServer : IAsyncDisposable
{
    private readonly StorageOptions _storage = new() { Root = Directory.CreateTempSubdirectory("safemed-e2e-").FullName };
    private readonly Dictionary<string, string> _settings;
    private Process? _process;

    private RunningServer(Dictionary<string, string> settings) => _settings = settings;

    /// <summary>Where it listens.</summary>
    public Uri Address { get; } = new($"http://127.0.0.1:{FreePort()}");

    /// <summary>Where it keeps all it has.</summary>
    public string Folder => _storage.FullRoot;

    /// <summary>Starts one, on a copy of the storage in <paramref name="folder"/> where one is named, and waits until it answers.</summary>
    public static async Task<RunningServer> StartAsync(CancellationToken cancellationToken, string? folder = null, Dictionary<string, string>? settings = null)
    {
        var server = new RunningServer(settings ?? []);
        if (folder is not null)
        {
            Copy(folder, server.Folder);
        }

        await server.StartAgainAsync(cancellationToken);
        return server;
    }

    /// <summary>Starts it, at the same address and on the same storage as before, and waits until it answers.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken)
    {
        _process = Process.Start(Program(new(_settings) { ["Storage__Root"] = _storage.FullRoot, ["Urls"] = Address.ToString() }))!;
        _process.OutputDataReceived += (_, line) => Console.WriteLine(line.Data);
        _process.ErrorDataReceived += (_, line) => Console.WriteLine(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        using var http = new HttpClient();
        while (true)
        {
            try
            {
                await http.GetStringAsync(new Uri(Address, "health/live"), cancellationToken);
                return;
            }
            catch (HttpRequestException) when (!_process.HasExited)
            {
                await Task.Delay(200, cancellationToken);
            }
        }
    }

    /// <summary>Halts the server where it is; what is sent to it waits in the network.</summary>
    public async Task FreezeAsync() => await SignalAsync("STOP");

    /// <summary>Lets a halted server go on.</summary>
    public async Task ThawAsync() => await SignalAsync("CONT");

    /// <summary>Ends the server and its worker at once, as a power cut does.</summary>
    public async Task KillAsync()
    {
        _process!.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
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
        // A server and a worker that live for seconds gain nothing from code that counts its calls and is compiled again.
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_TC_CallCounting"] = "0";
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    /// <summary>The server's database, read beside it.</summary>
    public AppDbContext OpenDatabase() =>
        new(new DbContextOptionsBuilder<AppDbContext>().UseSqlite($"Data Source={_storage.DatabaseFile};Default Timeout=30").Options);

    /// <summary>Writes what a round leaves behind that takes all of project 1's pool for class 0.</summary>
    public async Task RankAsync(CancellationToken cancellationToken)
    {
        await using var db = OpenDatabase();
        var round = new Round { ProjectId = 1, Number = 1, Method = "safemed-ssl", State = RoundState.Completed };
        db.Rounds.Add(round);
        await db.SaveChangesAsync(cancellationToken);
        var pool = await db.Images.Where(i => i.Split == DataSplit.Training).Select(i => i.Id).ToListAsync(cancellationToken);
        db.ModelOpinions.AddRange(pool.Index().Select(i => new ModelOpinion
        {
            ImageId = i.Item,
            ProjectId = 1,
            RoundId = round.Id,
            ClassIndex = 0,
            Probability = 0.99,
            Passes = [.. Enumerable.Range(0, 50).Select(pass => (byte)(255 - pass))],
            Likeness = [.. Enumerable.Repeat((byte)i.Index, Likeness.Length)],
        }));
        await db.SaveChangesAsync(cancellationToken);
        await db.Projects.ExecuteUpdateAsync(set => set.SetProperty(p => p.QueueRoundId, round.Id), cancellationToken);
    }

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
        await KillAsync();
        Directory.Delete(_storage.FullRoot, recursive: true);
    }

    private async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process!.Id}"]);
        await kill.WaitForExitAsync();
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    /// <summary>A port that nobody listens at just now.</summary>
    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
