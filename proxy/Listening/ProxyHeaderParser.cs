using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SshGateway.Proxy.Outcomes;

namespace SshGateway.Proxy.Listening;

/// <summary>
/// The PROXY protocol, versions 1 and 2 (HAProxy's doc/proxy-protocol.txt, section 2). It reads a header from the start
/// of what has come so far, and needs no more of it than is there.
/// </summary>
internal static class ProxyHeaderParser
{
    // Section 2.1: the longest line of version 1, with its CR LF.
    private const int MaxLine = 107;

    private static readonly SearchValues<char> AddressCharacters = SearchValues.Create("0123456789abcdefABCDEF:.");

    private const int FixedSize = 16;
    private const int Ipv4Addresses = 12;
    private const int Ipv6Addresses = 36;

    private static ReadOnlySpan<byte> Line => "PROXY "u8;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>The header; null: it is not complete yet.</summary>
    /// <param name="bytes">What has come so far.</param>
    /// <param name="maxLength">Headers that are longer are refused before they have come.</param>
    /// <exception cref="PrefaceException">There is none, or it is malformed.</exception>
    public static ProxyHeader? TryParse(ReadOnlySpan<byte> bytes, int maxLength)
    {
        if (StartsLike(bytes, Signature))
        {
            return bytes.Length < FixedSize ? null : ParseBinary(bytes, maxLength);
        }
        if (StartsLike(bytes, Line))
        {
            return ParseLine(bytes);
        }
        throw Malformed("no PROXY header");
    }

    private static bool StartsLike(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> start) =>
        bytes[..Math.Min(bytes.Length, start.Length)].SequenceEqual(start[..Math.Min(bytes.Length, start.Length)]);

    //  PROXY TCP4 <source address> <destination address> <source port> <destination port> CR LF
    //  PROXY TCP6 ...
    //  PROXY UNKNOWN <anything> CR LF
    private static ProxyHeader? ParseLine(ReadOnlySpan<byte> bytes)
    {
        int end = bytes[..Math.Min(bytes.Length, MaxLine)].IndexOf("\r\n"u8);
        if (end < 0)
        {
            return bytes.Length < MaxLine ? null : throw Malformed("a PROXY line of more than 107 bytes");
        }
        string[] words = Encoding.Latin1.GetString(bytes[..end]).Split(' ');
        int length = end + 2;
        if (words[1] == "UNKNOWN")
        {
            return new ProxyHeader(length, null);
        }
        if (words is not [_, "TCP4" or "TCP6", _, _, _, _]
            || !TryParseAddress(words[2], words[1], out IPAddress source) || !TryParseAddress(words[3], words[1], out _)
            || !TryParsePort(words[4], out ushort port) || !TryParsePort(words[5], out _))
        {
            throw Malformed("a malformed PROXY line");
        }
        return new ProxyHeader(length, EndPoint(source, port));
    }

    //  byte[12]  signature
    //  byte      version (2) and command (0: LOCAL, 1: PROXY)
    //  byte      address family (1: IPv4, 2: IPv6, 3: UNIX) and protocol (1: stream)
    //  uint16    length of what follows: addresses and TLVs
    //  for IPv4 and IPv6: source address, destination address, uint16 source port, uint16 destination port
    private static ProxyHeader? ParseBinary(ReadOnlySpan<byte> bytes, int maxLength)
    {
        byte versionAndCommand = bytes[12];
        if (versionAndCommand is not (0x20 or 0x21))
        {
            throw Malformed($"a PROXY header of version and command {versionAndCommand:x2}");
        }
        int length = FixedSize + BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]);
        if (length > maxLength)
        {
            throw Malformed($"a PROXY header of {length} bytes");
        }
        if (bytes.Length < length)
        {
            return null;
        }
        ReadOnlySpan<byte> addresses = bytes[FixedSize..length];
        // What follows the addresses are TLVs, which say nothing that is needed here. A LOCAL connection is the
        // balancer's own, such as a health check; of families that are not TCP's the address means nothing here
        // (section 2.2: "falls back to the UNSPEC mode").
        return (versionAndCommand, bytes[13]) switch
        {
            (0x20, _) => new ProxyHeader(length, null),
            (_, 0x11) when addresses.Length >= Ipv4Addresses => new ProxyHeader(length, EndPoint(new IPAddress(addresses[..4]), Port(addresses[8..]))),
            (_, 0x21) when addresses.Length >= Ipv6Addresses => new ProxyHeader(length, EndPoint(new IPAddress(addresses[..16]), Port(addresses[32..]))),
            (_, 0x11 or 0x21) => throw Malformed("a PROXY header without room for its addresses"),
            (_, 0x00 or 0x12 or 0x22 or 0x31 or 0x32) => new ProxyHeader(length, null),
            _ => throw Malformed($"a PROXY header of family and protocol {bytes[13]:x2}"),
        };
    }

    private static PrefaceException Malformed(string message) => new(ConnectionEnd.ProxyHeaderInvalid, message);

    private static ushort Port(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16BigEndian(bytes);

    private static IPEndPoint EndPoint(IPAddress address, ushort port) => new(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, port);

    // .NET's parser takes more than the protocol does: 1, 0x7f000001, fe80::1%eth0 and [::1].
    private static bool TryParseAddress(string text, string family, out IPAddress address) =>
        IPAddress.TryParse(text, out address!)
        && (family == "TCP4"
            ? address.AddressFamily == AddressFamily.InterNetwork && address.ToString() == text
            : address.AddressFamily == AddressFamily.InterNetworkV6 && !text.AsSpan().ContainsAnyExcept(AddressCharacters));

    private static bool TryParsePort(string text, out ushort port) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && (text.Length == 1 || text[0] != '0');
}

/// <summary>A PROXY protocol header that was complete.</summary>
/// <param name="Source">Where the client connected from; null: the header does not say, and the connection's own
/// address counts.</param>
internal readonly record struct ProxyHeader(int Length, IPEndPoint? Source);
