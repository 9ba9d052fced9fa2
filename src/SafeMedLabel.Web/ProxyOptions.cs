using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using IPNetwork = System.Net.IPNetwork;

namespace SafeMedLabel.Web;

/// <summary>The proxy through which browsers come.</summary>
internal sealed class ProxyOptions
{
    /// <summary>Name of the settings' section.</summary>
    public const string Section = "Proxy";

    /// <summary>
    /// From which addresses or networks a proxy may say for whom it speaks (<c>X-Forwarded-For</c>) and whether by TLS (<c>X-Forwarded-Proto</c>), separated by commas; from others
    /// neither is believed. Empty: nobody is believed.
    /// </summary>
    public string Addresses { get; set; } = "127.0.0.0/8, ::1";

    /// <summary>Whether all can be read.</summary>
    public bool IsValid => Parts.All(part => NetworkOf(part) is not null);

    private string[] Parts => Addresses.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Lets the framework believe them and nobody else; its own setting believes everybody.</summary>
    public void Apply(ForwardedHeadersOptions headers)
    {
        headers.KnownProxies.Clear();
        headers.KnownIPNetworks.Clear();
        foreach (var network in Parts.Select(NetworkOf).OfType<IPNetwork>())
        {
            headers.KnownIPNetworks.Add(network);
        }

        // The name of the host is not among them: browsers could send it through the proxy.
        headers.ForwardedHeaders = headers.KnownIPNetworks.Count == 0 ? ForwardedHeaders.None : ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
    }

    private static IPNetwork? NetworkOf(string part) =>
        IPAddress.TryParse(part, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : IPNetwork.TryParse(part, out var network) ? network
        : null;
}
