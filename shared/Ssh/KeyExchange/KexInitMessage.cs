using System.Security.Cryptography;
using System.Text;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.KeyExchange;

/// <summary>SSH_MSG_KEXINIT: RFC 4253 section 7.1.</summary>
internal sealed class KexInitMessage
{
    private const int CookieSize = 16;

    // More names than any implementation has; a longer list is an attempt to make us work.
    private const int MaxNames = 256;

    public required IReadOnlyList<string> KexAlgorithms { get; init; }

    public required IReadOnlyList<string> HostKeyAlgorithms { get; init; }

    public required IReadOnlyList<string> CiphersClientToServer { get; init; }

    public required IReadOnlyList<string> CiphersServerToClient { get; init; }

    public required IReadOnlyList<string> MacsClientToServer { get; init; }

    public required IReadOnlyList<string> MacsServerToClient { get; init; }

    public required IReadOnlyList<string> CompressionClientToServer { get; init; }

    public required IReadOnlyList<string> CompressionServerToClient { get; init; }

    public required bool FirstKexPacketFollows { get; init; }

    //  byte         SSH_MSG_KEXINIT
    //  byte[16]     cookie (random bytes)
    //  name-list    kex_algorithms
    //  name-list    server_host_key_algorithms
    //  name-list    encryption_algorithms_client_to_server
    //  name-list    encryption_algorithms_server_to_client
    //  name-list    mac_algorithms_client_to_server
    //  name-list    mac_algorithms_server_to_client
    //  name-list    compression_algorithms_client_to_server
    //  name-list    compression_algorithms_server_to_client
    //  name-list    languages_client_to_server
    //  name-list    languages_server_to_client
    //  boolean      first_kex_packet_follows
    //  uint32       0 (reserved for future extension)

    /// <exception cref="SshFormatException">The payload is not a KEXINIT.</exception>
    public static KexInitMessage Parse(ReadOnlySpan<byte> payload)
    {
        var reader = new SshReader(payload);
        if (reader.ReadByte() != MessageNumber.KexInit)
        {
            throw new SshFormatException("not a KEXINIT");
        }
        reader.ReadBytes(CookieSize);
        var lists = new IReadOnlyList<string>[8];
        for (int i = 0; i < lists.Length; i++)
        {
            lists[i] = ReadNameList(ref reader);
        }
        reader.ReadString();
        reader.ReadString();
        bool follows = reader.ReadBoolean();
        reader.ReadUInt32();
        reader.End();
        return new KexInitMessage
        {
            KexAlgorithms = lists[0],
            HostKeyAlgorithms = lists[1],
            CiphersClientToServer = lists[2],
            CiphersServerToClient = lists[3],
            MacsClientToServer = lists[4],
            MacsServerToClient = lists[5],
            CompressionClientToServer = lists[6],
            CompressionServerToClient = lists[7],
            FirstKexPacketFollows = follows,
        };
    }

    /// <summary>Our KEXINIT for an offer, with a fresh cookie.</summary>
    /// <param name="markers">Extension markers that go behind the methods, such as strict key exchange; only ever in
    /// the first KEXINIT.</param>
    public static byte[] Write(KexOffer offer, IReadOnlyList<string> markers) =>
        SshWriter.Message(MessageNumber.KexInit)
            .WriteBytes(RandomNumberGenerator.GetBytes(CookieSize))
            .WriteNameList([.. offer.KexAlgorithms.Select(kex => kex.Name), .. markers])
            .WriteNameList(offer.HostKeyAlgorithms)
            .WriteNameList(offer.Ciphers.Select(cipher => cipher.Name))
            .WriteNameList(offer.Ciphers.Select(cipher => cipher.Name))
            .WriteNameList(offer.Macs.Select(mac => mac.Name))
            .WriteNameList(offer.Macs.Select(mac => mac.Name))
            .WriteString(KexOffer.NoCompression)
            .WriteString(KexOffer.NoCompression)
            .WriteString("")
            .WriteString("")
            .WriteBoolean(false)
            .WriteUInt32(0)
            .ToArray();

    private static string[] ReadNameList(ref SshReader reader)
    {
        ReadOnlySpan<byte> list = reader.ReadString();
        if (list.IsEmpty)
        {
            return [];
        }
        if (list.Count((byte)',') >= MaxNames)
        {
            throw new SshFormatException($"a name-list of more than {MaxNames} names in KEXINIT");
        }
        if (list.ContainsAnyExceptInRange((byte)0x21, (byte)0x7e))
        {
            throw new SshFormatException("a name-list with characters other than printable ASCII in KEXINIT");
        }
        return Encoding.ASCII.GetString(list).Split(',');
    }
}

/// <summary>Names in the method list of the first KEXINIT that are no methods.</summary>
internal static class ExtensionMarker
{
    /// <summary>Strict key exchange, the answer to Terrapin (CVE-2023-48795): OpenSSH PROTOCOL section 1.10.</summary>
    public const string StrictClient = "kex-strict-c-v00@openssh.com";

    /// <summary>The server's side of it.</summary>
    public const string StrictServer = "kex-strict-s-v00@openssh.com";

    /// <summary>The client takes EXT_INFO: RFC 8308 section 2.1.</summary>
    public const string ExtInfoClient = "ext-info-c";
}
