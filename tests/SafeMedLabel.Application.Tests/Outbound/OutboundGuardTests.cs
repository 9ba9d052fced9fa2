using System.Globalization;
using System.Net;
using System.Net.Sockets;
using FsCheck;
using FsCheck.Xunit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Outbound;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Outbound;

/// <summary>What a person enters as an address never leads where the server alone should get.</summary>
public sealed class OutboundGuardTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("http://127.0.0.1/")]
    [InlineData("http://127.255.255.254/")]
    [InlineData("http://0.0.0.0/")]
    [InlineData("http://10.0.0.1/")]
    [InlineData("http://100.64.0.1/")]
    [InlineData("http://100.127.255.254/")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("http://172.16.0.1/")]
    [InlineData("http://172.31.255.254/")]
    [InlineData("http://192.168.1.1/")]
    [InlineData("http://192.0.0.8/")]
    [InlineData("http://198.19.0.1/")]
    [InlineData("http://224.0.0.1/")]
    [InlineData("http://239.255.255.250/")]
    [InlineData("http://255.255.255.255/")]
    [InlineData("http://2130706433/")]
    [InlineData("http://0177.0.0.1/")]
    [InlineData("http://0x7f.1/")]
    [InlineData("http://127.1/")]
    [InlineData("http://admin@127.0.0.1/")]
    [InlineData("http://127.0.0.1./")]
    [InlineData("http://[::]/")]
    [InlineData("http://[::1]/")]
    [InlineData("http://[::7f00:1]/")]
    [InlineData("http://[::ffff:127.0.0.1]/")]
    [InlineData("http://[::ffff:a9fe:a9fe]/")]
    [InlineData("http://[64:ff9b::10.0.0.1]/")]
    [InlineData("http://[64:ff9b:1::10.0.0.1]/")]
    [InlineData("http://[2002:7f00:1::]/")]
    [InlineData("http://[2001:0:7f00:1::]/")]
    [InlineData("http://[fc00::1]/")]
    [InlineData("http://[fd12:3456::1]/")]
    [InlineData("http://[fe80::1]/")]
    [InlineData("http://[fe80::1%251]/")]
    [InlineData("http://[fec0::1]/")]
    [InlineData("http://[ff02::1]/")]
    [InlineData("http://[2001:db8::1]/")]
    [InlineData("http://[100::1]/")]
    [InlineData("http://localhost/")]
    [InlineData("http://LOCALHOST./")]
    [InlineData("http://this.localhost/")]
    public void An_address_that_is_not_public_is_refused_however_it_is_written(string address) =>
        Assert.Equal(OutboundGuard.Refusal, Guard("").Problem(new Uri(address)));

    [Theory]
    [InlineData("https://8.8.8.8/")]
    [InlineData("https://172.32.0.1/")]
    [InlineData("https://100.63.255.255/")]
    [InlineData("https://[2606:4700:4700::1111]/")]
    [InlineData("https://[::ffff:8.8.8.8]/")]
    [InlineData("https://[64:ff9b::8.8.8.8]/")]
    [InlineData("https://ceb.nlm.nih.gov/cells.zip")]
    public void A_public_address_is_called_and_what_a_name_leads_to_is_seen_when_it_is(string address) => Assert.Null(Guard("").Problem(new Uri(address)));

    [Property(MaxTest = 500)]
    public void Whatever_IPv4_address_is_private_is_so_behind_IPv6_too(DoNotSize<uint> number)
    {
        var address = new IPAddress(BitConverter.GetBytes(number.Item));
        var isPublic = Guard("").Problem(Of(address)) is null;
        foreach (var form in new[] { address.MapToIPv6(), IPAddress.Parse($"64:ff9b::{address}") })
        {
            Assert.Equal(isPublic, Guard("").Problem(Of(form)) is null);
        }

        Assert.NotNull(Guard("").Problem(Of(IPAddress.Parse($"::{address}"))));
        Assert.NotNull(Guard("").Problem(Of(IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"2002:{address.GetAddressBytes()[0]:x}{address.GetAddressBytes()[1]:x2}::1")))));
        Assert.Null(Guard($"10.0.0.1, {address}").Problem(Of(address)));
        Assert.Null(Guard($"{address}/32").Problem(Of(address.MapToIPv6())));
    }

    [Theory]
    [InlineData("10.1.0.0/16", "http://10.1.255.255/", true)]
    [InlineData("10.1.0.0/16", "http://10.2.0.0/", false)]
    [InlineData("10.1.2.3", "http://10.1.2.3:8080/", true)]
    [InlineData("fd00::/8", "http://[fd12::1]/", true)]
    [InlineData("files.hospital.example, localhost", "http://localhost/", true)]
    [InlineData("*.localhost", "http://files.localhost/", true)]
    [InlineData("*.localhost", "http://localhost/", false)]
    [InlineData("127.0.0.0/8", "http://localhost/", true)]
    [InlineData("files.hospital.example", "http://10.1.2.3/", false)]
    public void The_setting_lets_in_what_it_names_and_nothing_else(string allow, string address, bool isAllowed) =>
        Assert.Equal(isAllowed, Guard(allow).Problem(new Uri(address)) is null);

    [Theory]
    [InlineData("10.0.0.0/33")]
    [InlineData("/8")]
    [InlineData("*")]
    [InlineData("*.10.1.2.3")]
    [InlineData("http://files.hospital.example")]
    [InlineData("two names")]
    public void A_setting_that_cannot_be_read_is_not_valid(string allow) => Assert.False(new OutboundOptions { Allow = allow }.IsValid);

    [Fact]
    public async Task A_name_that_leads_into_the_network_is_refused_when_it_is_called()
    {
        await using var server = await FileServer.StartAsync([1]);
        var port = new Uri(server.Address).Port;
        using var refused = new HttpClient(Guard("").NewHandler(redirects: 0));
        foreach (var name in new[] { "localhost", "127.0.0.1", "[::ffff:127.0.0.1]" })
        {
            var failure = await Assert.ThrowsAsync<HttpRequestException>(() => refused.GetAsync(new Uri($"http://{name}:{port}/cells.zip"), Cancellation));
            Assert.True(OutboundGuard.Refused(failure), failure.ToString());
        }

        Assert.Empty(server.Asked);
        using var allowed = new HttpClient(Guard("localhost").NewHandler(redirects: 0));
        Assert.Equal([1], await allowed.GetByteArrayAsync(new Uri($"http://localhost:{port}/cells.zip"), Cancellation));
    }

    [Fact]
    public async Task A_name_without_a_server_fails_as_any_other_client_does()
    {
        using var client = new HttpClient(Guard("127.0.0.1").NewHandler(redirects: 0));
        var nowhere = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri("http://no-such-server.invalid/"), Cancellation));
        Assert.False(OutboundGuard.Refused(nowhere));
        Assert.Equal(HttpRequestError.NameResolutionError, nowhere.HttpRequestError);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        Assert.Equal(HttpRequestError.ConnectionError, (await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri($"http://127.0.0.1:{port}/"), Cancellation))).HttpRequestError);
    }

    [Fact]
    public void No_proxy_of_the_environment_connects_where_this_server_may_not() => Assert.False(Guard("").NewHandler(redirects: 3).UseProxy);

    private static Uri Of(IPAddress address) => new(address.AddressFamily == AddressFamily.InterNetworkV6 ? $"http://[{address}]/" : $"http://{address}/");

    private static OutboundGuard Guard(string allow) => new ServiceCollection()
        .AddOutboundGuard(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Outbound:Allow"] = allow }).Build())
        .BuildServiceProvider().GetRequiredService<OutboundGuard>();
}
