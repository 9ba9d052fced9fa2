using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace SafeMedLabel.Application.Outbound;

/// <summary>
/// Keeps what people enter as addresses from leading into the server's own network: every connection to such an address is made here. What counts is the
/// address that the connection goes to, not the name: a name may lead elsewhere each time it is asked for.
/// </summary>
public sealed class OutboundGuard
{
    /// <summary>What the person is told.</summary>
    public const string Refusal = "This address leads to no public server; whoever runs this program can allow it by the setting Outbound:Allow.";

    private const string OwnName = "localhost";

    private readonly AllowList _allowed;

    /// <summary>Reads the setting.</summary>
    /// <exception cref="OptionsValidationException">It cannot be read.</exception>
    public OutboundGuard(IOptions<OutboundOptions> options) => _allowed = AllowList.TryParse(options.Value.Allow, out var allowed) ? allowed : new AllowList();

    /// <summary>Why an address is refused that no name server need be asked about; null where only connecting tells.</summary>
    public string? Problem(Uri address)
    {
        var host = address.IdnHost.TrimEnd('.');
        var isRefused = IPAddress.TryParse(host, out var literal)
            ? !Allows(host, literal)
            : (host.Equals(OwnName, StringComparison.OrdinalIgnoreCase) || host.EndsWith($".{OwnName}", StringComparison.OrdinalIgnoreCase))
                && !_allowed.Has(host) && !_allowed.Has(IPAddress.Loopback) && !_allowed.Has(IPAddress.IPv6Loopback);
        return isRefused ? Refusal : null;
    }

    /// <summary>Whether a failed call failed because its address is refused, at first or where it led on to.</summary>
    public static bool Refused(Exception failure) => failure is OutboundRefusedException || (failure.InnerException is { } cause && Refused(cause));

    /// <summary>
    /// Makes connections for one HTTP client. No proxy of the environment is asked: it would connect where this server may not. Redirects are followed as
    /// far as allowed and never from https to http; each is a connection of its own.
    /// </summary>
    /// <param name="redirects">How many redirects are followed at most, one after the other; 0 for none.</param>
    public SocketsHttpHandler NewHandler(int redirects) => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = redirects > 0,
        MaxAutomaticRedirections = Math.Max(1, redirects),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectCallback = ConnectAsync,
    };

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = Array.FindAll(await Dns.GetHostAddressesAsync(host, cancellationToken), address => Allows(host, address));
        if (addresses.Length == 0)
        {
            throw new OutboundRefusedException();
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private bool Allows(string host, IPAddress address) => PublicAddress.Is(address) || _allowed.Has(host) || _allowed.Has(address) || _allowed.Has(PublicAddress.Plain(address));
}
