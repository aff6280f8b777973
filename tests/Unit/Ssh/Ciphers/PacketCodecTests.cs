using CsCheck;
using SshGateway.Ssh.Ciphers;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.Ciphers;

/// <summary>Each cipher with each MAC: what one side seals the other opens, and nothing else.</summary>
public sealed class PacketCodecTests
{
    public static TheoryData<string, string> Protections => PacketProtection.Names;

    [Theory]
    [MemberData(nameof(Protections))]
    public void Packets_of_every_size_round_trip_in_sequence(string cipher, string mac)
    {
        PacketProtection protection = PacketProtection.Find(cipher, mac);
        using IPacketSealer sealer = protection.CreateSealer();
        using IPacketOpener opener = protection.CreateOpener();
        uint sequence = uint.MaxValue - 20;
        foreach (int size in (int[])[.. Enumerable.Range(1, 100), 1000, 32768, 262_000])
        {
            byte[] payload = Payload(size);
            byte[] packet = PacketProtection.Seal(sealer, payload, sequence);
            if (protection.IsAuthenticated && size > 8)
            {
                Assert.Equal(-1, packet.AsSpan().IndexOf(payload));
            }
            Assert.Equal((uint)(packet.Length - 4 - opener.Geometry.TagSize), opener.ReadLength(packet.AsSpan(0, opener.HeaderSize), sequence));
            Assert.True(opener.Open(packet, sequence));
            Assert.Equal(payload, packet.AsSpan(5, size));
            sequence++;
        }
    }

    [Theory]
    [MemberData(nameof(Protections))]
    public void Any_packets_round_trip_in_sequence(string cipher, string mac)
    {
        PacketProtection protection = PacketProtection.Find(cipher, mac);
        Gen.Select(Gen.UInt, Gen.Byte.Array[1, 2000].Array[1, 8]).Sample(
            (sequence, payloads) =>
            {
                using IPacketSealer sealer = protection.CreateSealer();
                using IPacketOpener opener = protection.CreateOpener();
                foreach (byte[] payload in payloads)
                {
                    byte[] packet = PacketProtection.Seal(sealer, payload, sequence);
                    Assert.Equal((uint)(packet.Length - 4 - opener.Geometry.TagSize), opener.ReadLength(packet.AsSpan(0, opener.HeaderSize), sequence));
                    Assert.True(opener.Open(packet, sequence));
                    Assert.Equal(payload, packet.AsSpan(5, payload.Length));
                    sequence = unchecked(sequence + 1);
                }
            },
            iter: 50);
    }

    [Theory]
    [MemberData(nameof(Protections))]
    public void Any_damage_is_noticed(string cipher, string mac)
    {
        PacketProtection protection = PacketProtection.Find(cipher, mac);
        if (!protection.IsAuthenticated)
        {
            return;
        }
        Gen.Select(Gen.Byte.Array[1, 500], Gen.Int[0, int.MaxValue], Gen.Byte[1, 255]).Sample(
            (payload, place, difference) =>
            {
                byte[] packet = protection.Seal(payload, 9);
                uint bodyLength = (uint)(packet.Length - 4 - protection.Geometry.TagSize);
                packet[place % packet.Length] ^= difference;
                using IPacketOpener opener = protection.CreateOpener();
                Assert.True(opener.ReadLength(packet.AsSpan(0, opener.HeaderSize), 9) != bodyLength || !opener.Open(packet, 9));
            },
            iter: 200);
    }

    // The pump seals from the other leg's buffer, the handshake in place.
    [Theory]
    [MemberData(nameof(Protections))]
    public void Sealing_in_place_and_from_elsewhere_make_the_same_packet(string cipher, string mac)
    {
        PacketProtection protection = PacketProtection.Find(cipher, mac);
        byte[] elsewhere = protection.Seal(Payload(50), 3);
        using IPacketSealer sealer = protection.CreateSealer();
        int padding = sealer.Geometry.PaddingFor(50);
        byte[] body = [(byte)padding, .. Payload(50), .. new byte[padding]];
        byte[] packet = [0, 0, 0, 0, .. body, .. new byte[sealer.Geometry.TagSize]];
        sealer.Seal(packet.AsSpan(4, body.Length), packet, 3);
        Assert.Equal(elsewhere, packet);
    }

    [Theory]
    [MemberData(nameof(Protections))]
    public void Every_flipped_bit_is_noticed(string cipher, string mac)
    {
        PacketProtection protection = PacketProtection.Find(cipher, mac);
        if (!protection.IsAuthenticated)
        {
            return;
        }
        byte[] packet = protection.Seal(Payload(20), 9);
        uint bodyLength = (uint)(packet.Length - 4 - protection.Geometry.TagSize);
        for (int bit = 0; bit < packet.Length * 8; bit++)
        {
            byte[] damaged = [.. packet];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            using IPacketOpener opener = protection.CreateOpener();
            uint length = opener.ReadLength(damaged.AsSpan(0, opener.HeaderSize), 9);
            // With another length the receiver waits for other bytes; what is here is then opened with the tag in
            // another place.
            Assert.True(length != bodyLength || !opener.Open(damaged, 9), $"bit {bit}");
        }
    }

    // AES-GCM counts for itself (RFC 5647 section 7.1); the others are bound to the sequence number.
    [Theory]
    [MemberData(nameof(Protections))]
    public void A_packet_out_of_its_turn_is_noticed(string cipher, string mac)
    {
        PacketProtection protection = PacketProtection.Find(cipher, mac);
        if (!protection.IsAuthenticated)
        {
            return;
        }
        using IPacketSealer sealer = protection.CreateSealer();
        PacketProtection.Seal(sealer, Payload(20), 0);
        byte[] second = PacketProtection.Seal(sealer, Payload(20), 1);
        using IPacketOpener opener = protection.CreateOpener();
        uint length = opener.ReadLength(second.AsSpan(0, opener.HeaderSize), 0);
        Assert.True(length != (uint)(second.Length - 4 - protection.Geometry.TagSize) || !opener.Open(second, 0));
    }

    [Theory]
    [MemberData(nameof(Protections))]
    public void Nothing_is_allocated_per_packet(string cipher, string mac)
    {
        PacketProtection protection = PacketProtection.Find(cipher, mac);
        using IPacketSealer sealer = protection.CreateSealer();
        using IPacketOpener opener = protection.CreateOpener();
        int padding = sealer.Geometry.PaddingFor(100);
        byte[] body = [(byte)padding, .. Payload(100), .. new byte[padding]];
        byte[] packet = new byte[4 + body.Length + sealer.Geometry.TagSize];
        uint sequence = 0;
        Assert.Equal(0, Allocations.Of(() =>
        {
            for (int i = 0; i < 400; i++, sequence++)
            {
                sealer.Seal(body, packet, sequence);
                opener.ReadLength(packet.AsSpan(0, opener.HeaderSize), sequence);
                Assert.True(opener.Open(packet, sequence));
            }
        }));
    }

    private static byte[] Payload(int size) => [.. Enumerable.Range(0, size).Select(i => (byte)(i * 31 + 94))];
}
