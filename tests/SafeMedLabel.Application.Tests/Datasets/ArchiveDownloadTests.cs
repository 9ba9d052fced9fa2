using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Outbound;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Datasets;

public sealed class ArchiveDownloadTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly ServiceProvider _services = Services(allow: "127.0.0.1");
    private readonly byte[] _content = RandomNumberGenerator.GetBytes(1_000_000);
    private FileServer _server = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Target => _folder.File("cells.zip");

    public async ValueTask InitializeAsync() => _server = await FileServer.StartAsync(_content);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _services.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_connection_that_breaks_twice_costs_nothing_that_had_come()
    {
        _server.Breaks = 2;
        var heard = new List<(long, long?)>();

        await Download().FetchAsync(new Uri(_server.Address), Target, Hash(_content), (fetched, all) => heard.Add((fetched, all)), Cancellation);

        Assert.Equal(_content, await File.ReadAllBytesAsync(Target, Cancellation));
        Assert.Equal(3, _server.Asked.Count);
        Assert.Null(_server.Asked.First());
        Assert.All(_server.Asked.Skip(1), offset => Assert.InRange(offset!.Value, 1, 999_999));
        Assert.Equal((1_000_000, 1_000_000), heard[^1]);
        Assert.Equal([Target], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task What_a_killed_worker_had_fetched_is_gone_on_with_unless_it_is_another_version()
    {
        _server.Breaks = int.MaxValue;
        await Assert.ThrowsAsync<DatasetException>(() => Download().FetchAsync(new Uri(_server.Address), Target, null, (_, _) => { }, Cancellation));
        _server.Breaks = 0;
        _server.Asked.Clear();
        var before = new FileInfo($"{Target}.part").Length;
        Assert.InRange(before, 1, 999_999);

        File.Copy($"{Target}.part", _folder.File("other.part"));
        File.Copy($"{Target}.part.version", _folder.File("other.part.version"));
        await Download().FetchAsync(new Uri(_server.Address), Target, Hash(_content), (_, _) => { }, Cancellation);
        Assert.Equal([before], _server.Asked);

        (_server.Content, _server.Tag) = (RandomNumberGenerator.GetBytes(1000), "v2");
        await Download().FetchAsync(new Uri(_server.Address), _folder.File("other"), Hash(_server.Content), (_, _) => { }, Cancellation);
        Assert.Equal(_server.Content, await File.ReadAllBytesAsync(_folder.File("other"), Cancellation));
    }

    [Fact]
    public async Task Without_a_mark_of_the_version_a_download_that_broke_off_begins_anew()
    {
        (_server.Tag, _server.Breaks) = (null, 1);
        await Download().FetchAsync(new Uri(_server.Address), Target, null, (_, _) => { }, Cancellation);
        Assert.Equal(_content, await File.ReadAllBytesAsync(Target, Cancellation));
        Assert.Equal([null, null], _server.Asked);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("W/\"v1\"")]
    public async Task Where_no_tag_tells_versions_apart_the_time_of_the_last_change_does(string? tag)
    {
        (_server.Tag, _server.Modified, _server.Breaks) = (tag, DateTimeOffset.UtcNow.AddHours(-1), 1);
        await Download().FetchAsync(new Uri(_server.Address), Target, null, (_, _) => { }, Cancellation);
        Assert.Equal(_content, await File.ReadAllBytesAsync(Target, Cancellation));
        Assert.InRange(_server.Asked.Last()!.Value, 1, 999_999);

        // The other half would be of another file.
        (_server.Breaks, _server.Modified) = (int.MaxValue, DateTimeOffset.UtcNow.AddHours(-1));
        await Assert.ThrowsAsync<DatasetException>(() => Download().FetchAsync(new Uri(_server.Address), _folder.File("other.zip"), null, (_, _) => { }, Cancellation));
        (_server.Breaks, _server.Content, _server.Modified) = (0, RandomNumberGenerator.GetBytes(1_000_000), DateTimeOffset.UtcNow.AddMinutes(-2));
        await Download().FetchAsync(new Uri(_server.Address), _folder.File("other.zip"), null, (_, _) => { }, Cancellation);
        Assert.Equal(_server.Content, await File.ReadAllBytesAsync(_folder.File("other.zip"), Cancellation));
    }

    [Fact]
    public async Task A_file_that_was_changed_just_before_it_was_sent_begins_anew()
    {
        (_server.Tag, _server.Modified, _server.Breaks) = (null, DateTimeOffset.UtcNow, 1);
        await Download().FetchAsync(new Uri(_server.Address), Target, null, (_, _) => { }, Cancellation);
        Assert.Equal([null, null], _server.Asked);
    }

    [Fact]
    public async Task What_is_here_already_is_used_only_where_its_hash_is_the_one_that_it_must_have()
    {
        await File.WriteAllBytesAsync(Target, _content, Cancellation);
        Assert.Equal(Hash(_content), await Download().FetchAsync(new Uri(_server.Address), Target, Hash(_content).ToUpperInvariant(), (_, _) => { }, Cancellation));
        Assert.Empty(_server.Asked);

        // As long, but damaged on the disk; and one of which nobody knows what it must be.
        foreach (var hash in new[] { Hash(_content), null })
        {
            _server.Asked.Clear();
            await File.WriteAllBytesAsync(Target, new byte[_content.Length], Cancellation);
            Assert.Equal(Hash(_content), await Download().FetchAsync(new Uri(_server.Address), Target, hash, (_, _) => { }, Cancellation));
            Assert.Equal(_content, await File.ReadAllBytesAsync(Target, Cancellation));
            Assert.Equal([null], _server.Asked);
        }
    }

    [Fact]
    public async Task A_part_that_is_whole_but_was_never_given_its_name_does_not_stop_a_download()
    {
        _server.Breaks = int.MaxValue;
        await Assert.ThrowsAsync<DatasetException>(() => Download().FetchAsync(new Uri(_server.Address), Target, null, (_, _) => { }, Cancellation));
        _server.Breaks = 0;
        await File.WriteAllBytesAsync($"{Target}.part", _content, Cancellation);
        Assert.Equal(Hash(_content), await Download().FetchAsync(new Uri(_server.Address), Target, null, (_, _) => { }, Cancellation));
    }

    [Fact]
    public async Task Redirects_are_followed_but_not_without_end()
    {
        await using var other = await FileServer.StartAsync(_content);
        _server.LeadsTo = other.Address;
        Assert.Equal(Hash(_content), await Download().FetchAsync(new Uri(_server.Address), Target, null, (_, _) => { }, Cancellation));

        other.LeadsTo = _server.Address;
        var refused = await Assert.ThrowsAsync<DatasetException>(() => Download().FetchAsync(new Uri(_server.Address), _folder.File("none.zip"), null, (_, _) => { }, Cancellation));
        Assert.Equal("127.0.0.1 leads on to other addresses more than 5 times, or from https to http.", refused.Message);
    }

    [Fact]
    public async Task An_address_that_leads_on_into_the_network_is_refused()
    {
        await using var inner = await FileServer.StartAsync(_content);
        await using var services = Services(allow: "localhost");
        _server.LeadsTo = inner.Address;
        var refused = await Assert.ThrowsAsync<DatasetException>(
            () => Download(services).FetchAsync(new UriBuilder(_server.Address) { Host = "localhost" }.Uri, Target, null, (_, _) => { }, Cancellation));
        Assert.Equal(OutboundGuard.Refusal, refused.Message);
        Assert.Equal((1, 0), (_server.Asked.Count, inner.Asked.Count));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task Another_file_than_was_asked_for_is_thrown_away()
    {
        var refused = await Assert.ThrowsAsync<DatasetException>(() => Download().FetchAsync(new Uri(_server.Address), Target, new string('0', 64), (_, _) => { }, Cancellation));
        Assert.Equal($"The file from 127.0.0.1 has the SHA-256 {Hash(_content)[..8]}…, not 00000000…: it is another file, and was thrown away.", refused.Message);
        Assert.False(File.Exists(Target) || File.Exists($"{Target}.part"));
    }

    [Fact]
    public async Task An_address_without_a_file_or_a_server_is_told_in_a_sentence_that_keeps_its_secret()
    {
        var missing = await Assert.ThrowsAsync<DatasetException>(() => Download().FetchAsync(new Uri(_server.Address.Replace("cells", "none", StringComparison.Ordinal)), Target, null, (_, _) => { }, Cancellation));
        Assert.Equal("127.0.0.1 answered 404: there is nothing to import at this address.", missing.Message);

        var address = new Uri(_server.Address);
        await _server.DisposeAsync();
        var unreachable = await Assert.ThrowsAsync<DatasetException>(() => Download().FetchAsync(address, Target, null, (_, _) => { }, Cancellation));
        Assert.Equal("127.0.0.1 cannot be reached, or breaks off; please start the import again later.", unreachable.Message);
    }

    private static ServiceProvider Services(string allow)
    {
        var services = new ServiceCollection().AddOutboundGuard(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Outbound:Allow"] = allow }).Build());
        ArchiveDownload.AddTo(services);
        return services.BuildServiceProvider();
    }

    private ArchiveDownload Download(ServiceProvider? services = null) =>
        new((services ?? _services).GetRequiredService<IHttpClientFactory>(), new HastyTime(), NullLogger<ArchiveDownload>.Instance);

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>A clock on which no pause takes any time.</summary>
    private sealed class HastyTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
