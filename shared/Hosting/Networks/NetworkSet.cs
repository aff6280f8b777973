using System.Net;

namespace SshGateway.Hosting.Networks;

/// <summary>Networks in CIDR notation.</summary>
/// <param name="networks">Checked: each is one.</param>
internal sealed class NetworkSet(IEnumerable<string> networks)
{
    private readonly IPNetwork[] _networks = [.. networks.Select(IPNetwork.Parse)];

    /// <summary>Whether this is a network: an address without bits behind its prefix.</summary>
    public static bool IsNetwork(string text) =>
        IPNetwork.TryParse(text, out IPNetwork network) && IPAddress.TryParse(text.AsSpan(0, text.IndexOf('/', StringComparison.Ordinal)), out IPAddress? address)
        && address.Equals(network.BaseAddress);

    /// <param name="address">An IPv4 address as such, not mapped into IPv6.</param>
    public bool Contains(IPAddress address)
    {
        foreach (IPNetwork network in _networks)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }
        return false;
    }
}
