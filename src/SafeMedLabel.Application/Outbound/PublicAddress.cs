using System.Net;

namespace SafeMedLabel.Application.Outbound;

/// <summary>
/// Which addresses are those of public servers, by IANA's registries of special-purpose addresses (RFC 6890, as of 2025). Whatever else an address is, a
/// computer's own, its network's, a cloud's metadata, one for many receivers or for documents, is none.
/// </summary>
internal static class PublicAddress
{
    /// <summary>How many of an IPv6 address's bytes stand before the IPv4 address that it leads to.</summary>
    private const int BeforeInner = 12;

    private static readonly IPNetwork[] SpecialV4 =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
            "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        }.Select(IPNetwork.Parse),
    ];

    /// <summary>All of IPv6 that is given to public servers; the rest is unassigned, local or for many receivers.</summary>
    private static readonly IPNetwork GlobalV6 = IPNetwork.Parse("2000::/3");

    /// <summary>What lies in it all the same: Teredo and the like, documents, 6to4, which leads to any IPv4 address.</summary>
    private static readonly IPNetwork[] SpecialV6 = [.. new[] { "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20" }.Select(IPNetwork.Parse)];

    /// <summary>The prefix by which a gateway leads IPv6 to any IPv4 address (RFC 6052).</summary>
    private static readonly IPNetwork Gateway = IPNetwork.Parse("64:ff9b::/96");

    /// <summary>The IPv4 address that an IPv6 address stands for; the address itself where it stands for none.</summary>
    public static IPAddress Plain(IPAddress address) =>
        address.IsIPv4MappedToIPv6 ? address.MapToIPv4()
        : Gateway.Contains(address) ? new IPAddress(address.GetAddressBytes().AsSpan(BeforeInner))
        : address;

    /// <summary>Whether a public server may have the address.</summary>
    public static bool Is(IPAddress address) => Plain(address) is var plain && plain.GetAddressBytes().Length == 4
        ? !SpecialV4.Any(special => special.Contains(plain))
        : GlobalV6.Contains(plain) && !SpecialV6.Any(special => special.Contains(plain));
}
