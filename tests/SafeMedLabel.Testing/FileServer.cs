using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace SafeMedLabel.Testing;

/// <summary>A publisher's web server with one file, on a free port of this machine, whose connections may break.</summary>
public sealed class FileServer : IAsyncDisposable
{
    private readonly WebApplication _server;

    private FileServer(WebApplication server) => _server = server;

    /// <summary>Where the file lies.</summary>
    public string Address => $"{_server.Urls.Single()}/cells.zip?key=secret";

    /// <summary>The file.</summary>
    public byte[] Content { get; set; } = [];

    /// <summary>The server's mark of this version of it, as <c>v1</c>, or as <c>W/"v1"</c> a weak one; null where it gives none.</summary>
    public string? Tag { get; set; } = "v1";

    /// <summary>When the server says that the file was changed; null where it does not say.</summary>
    public DateTimeOffset? Modified { get; set; }

    /// <summary>Where it leads on to instead of giving the file; null where it gives it.</summary>
    public string? LeadsTo { get; set; }

    /// <summary>So many answers break off half way.</summary>
    public int Breaks { get; set; }

    /// <summary>Where the ranges that were asked for begin; null for the whole file.</summary>
    public ConcurrentQueue<long?> Asked { get; } = new();

    public static async Task<FileServer> StartAsync(byte[] content)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var server = builder.Build();
        server.Urls.Add("http://127.0.0.1:0");
        var files = new FileServer(server) { Content = content };
        server.MapGet("/cells.zip", files.AnswerAsync);
        await server.StartAsync(TestContext.Current.CancellationToken);
        return files;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        Asked.Enqueue(http.Request.GetTypedHeaders().Range?.Ranges.Single().From);
        if (LeadsTo is not null)
        {
            http.Response.Redirect(LeadsTo);
            return;
        }

        if (Breaks > 0)
        {
            Breaks--;
            var offset = (int)(http.Request.GetTypedHeaders().Range?.Ranges.Single().From ?? 0);
            http.Response.StatusCode = offset > 0 ? StatusCodes.Status206PartialContent : StatusCodes.Status200OK;
            http.Response.ContentLength = Content.Length - offset;
            http.Response.Headers.ETag = VersionMark()?.ToString();
            http.Response.GetTypedHeaders().LastModified = Modified;
            http.Response.GetTypedHeaders().ContentRange = offset > 0 ? new ContentRangeHeaderValue(offset, Content.Length - 1, Content.Length) : null;
            await http.Response.Body.WriteAsync(Content.AsMemory(offset, (Content.Length - offset) / 2));
            await http.Response.Body.FlushAsync();
            http.Abort();
            return;
        }

        await Results.Bytes(Content, "application/zip", enableRangeProcessing: true, lastModified: Modified, entityTag: VersionMark()).ExecuteAsync(http);
    }

    private EntityTagHeaderValue? VersionMark() => Tag is null ? null : EntityTagHeaderValue.Parse(Tag.StartsWith("W/", StringComparison.Ordinal) ? Tag : $"\"{Tag}\"");
}
