using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace SafeMedLabel.Application.Outbound;

/// <summary>Servers that <see cref="OutboundOptions.Allow"/> names.</summary>
internal sealed class AllowList
{
    private const string AllBelow = "*.";

    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _endings = [];
    private readonly List<IPNetwork> _networks = [];

    /// <summary>Reads the setting; false where an entry of it is neither a name, an address nor a range.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out AllowList? list)
    {
        var read = new AllowList();
        var isSound = (text ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).All(read.TryAdd);
        list = isSound ? read : null;
        return isSound;
    }

    /// <summary>Whether a server may be called by its name, wherever that leads.</summary>
    public bool Has(string host)
    {
        var name = host.TrimEnd('.');
        return _names.Contains(name) || _endings.Any(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Whether an address may be called.</summary>
    public bool Has(IPAddress address) => _networks.Any(network => network.Contains(address));

    private bool TryAdd(string entry)
    {
        if (entry.Contains('/'))
        {
            var isRange = IPNetwork.TryParse(entry, out var network);
            _networks.Add(network);
            return isRange;
        }

        var name = entry.StartsWith(AllBelow, StringComparison.Ordinal) ? entry[AllBelow.Length..] : entry;
        switch (Uri.CheckHostName(name))
        {
            case UriHostNameType.IPv4 or UriHostNameType.IPv6 when name == entry && IPAddress.TryParse(name, out var address):
                _networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
                return true;
            case UriHostNameType.Dns:
                var known = new Uri($"http://{name}/").IdnHost.TrimEnd('.');
                if (name == entry)
                {
                    _names.Add(known);
                }
                else
                {
                    _endings.Add($".{known}");
                }

                return true;
            default:
                return false;
        }
    }
}
