using System.Net;
using System.Text;

namespace SshGateway.Proxy.Networks;

/// <summary>The critical option source-address: addresses and networks, with commas (PROTOCOL.certkeys).</summary>
internal static class SourceAddresses
{
    private const int MaxLength = 4096;

    /// <summary>Whether the client's address is in the list. An unreadable list contains nothing.</summary>
    public static bool Contain(ReadOnlySpan<byte> list, IPAddress client)
    {
        if (list.IsEmpty || list.Length > MaxLength)
        {
            return false;
        }
        // A listener on [::] sees IPv4 clients so.
        IPAddress address = client.IsIPv4MappedToIPv6 ? client.MapToIPv4() : client;
        bool contains = false;
        foreach (string item in Encoding.Latin1.GetString(list).Split(','))
        {
            if (Parse(item) is not { } network)
            {
                return false;
            }
            contains |= network.Contains(address);
        }
        return contains;
    }

    // As OpenSSH does, an address with bits behind its prefix is refused: which of the two was meant is not known.
    private static IPNetwork? Parse(string item)
    {
        string[] parts = item.Split('/', 2);
        if (!IPAddress.TryParse(parts[0], out IPAddress? address))
        {
            return null;
        }
        string prefix = parts.Length == 2 ? parts[1] : $"{address.GetAddressBytes().Length * 8}";
        return IPNetwork.TryParse($"{address}/{prefix}", out IPNetwork network) && network.BaseAddress.Equals(address) ? network : null;
    }
}
