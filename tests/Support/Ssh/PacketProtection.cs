using SshGateway.Ssh.Ciphers;
using Xunit;

namespace SshGateway.Tests.Support.Ssh;

/// <summary>A cipher with a MAC, or "none", with fixed keys.</summary>
internal sealed class PacketProtection
{
    private static readonly byte[] KeyMaterial = [.. Enumerable.Range(1, 64).Select(i => (byte)(7 * i))];

    private readonly CipherAlgorithm? _cipher;
    private readonly MacAlgorithm? _mac;

    private PacketProtection(CipherAlgorithm? cipher, MacAlgorithm? mac)
    {
        _cipher = cipher;
        _mac = mac;
    }

    /// <summary>Every cipher with every MAC that it is used with, and "none".</summary>
    public static TheoryData<string, string> Names
    {
        get
        {
            TheoryData<string, string> names = new() { { "none", "" } };
            foreach (CipherAlgorithm cipher in CipherAlgorithm.All)
            {
                foreach (string mac in cipher.IsAead ? [""] : MacAlgorithm.All.Select(mac => mac.Name))
                {
                    names.Add(cipher.Name, mac);
                }
            }
            return names;
        }
    }

    public PacketGeometry Geometry
    {
        get
        {
            using IPacketSealer sealer = CreateSealer();
            return sealer.Geometry;
        }
    }

    public bool IsAuthenticated => _cipher is not null;

    public static PacketProtection Find(string cipher, string mac) => new(
        cipher == "none" ? null : CipherAlgorithm.All.Single(known => known.Name == cipher),
        mac.Length == 0 ? null : MacAlgorithm.All.Single(known => known.Name == mac));

    public IPacketSealer CreateSealer() => _cipher is null
        ? new PlainSealer()
        : _cipher.CreateSealer(KeyMaterial.AsSpan(0, _cipher.KeySize), KeyMaterial.AsSpan(0, _cipher.IvSize), _mac, KeyMaterial.AsSpan(0, _mac?.KeySize ?? 0));

    public IPacketOpener CreateOpener() => _cipher is null
        ? new PlainOpener()
        : _cipher.CreateOpener(KeyMaterial.AsSpan(0, _cipher.KeySize), KeyMaterial.AsSpan(0, _cipher.IvSize), _mac, KeyMaterial.AsSpan(0, _mac?.KeySize ?? 0));

    /// <summary>One packet on the wire with this payload.</summary>
    public byte[] Seal(ReadOnlySpan<byte> payload, uint sequence)
    {
        using IPacketSealer sealer = CreateSealer();
        return Seal(sealer, payload, sequence);
    }

    public static byte[] Seal(IPacketSealer sealer, ReadOnlySpan<byte> payload, uint sequence)
    {
        int padding = sealer.Geometry.PaddingFor(payload.Length);
        byte[] body = [(byte)padding, .. payload, .. new byte[padding]];
        byte[] packet = new byte[4 + body.Length + sealer.Geometry.TagSize];
        sealer.Seal(body, packet, sequence);
        return packet;
    }
}
