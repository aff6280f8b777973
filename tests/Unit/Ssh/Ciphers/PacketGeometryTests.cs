using SshGateway.Ssh.Ciphers;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.Ciphers;

public sealed class PacketGeometryTests
{
    public static TheoryData<string, string> Protections => PacketProtection.Names;

    [Theory]
    [MemberData(nameof(Protections))]
    public void Padding_makes_every_payload_a_legal_size(string cipher, string mac)
    {
        PacketGeometry geometry = PacketProtection.Find(cipher, mac).Geometry;
        for (int payload = 1; payload < 600; payload++)
        {
            int padding = geometry.PaddingFor(payload);
            // RFC 4253 section 6: 4 to 255 bytes, and no more than needed.
            Assert.InRange(padding, 4, 4 + geometry.BlockSize - 1);
            Assert.True(geometry.Fits(1 + payload + padding));
            int counted = (geometry.LengthIsPadded ? 4 : 0) + 1 + payload + padding;
            Assert.Equal(0, counted % geometry.BlockSize);
        }
    }

    // What OpenSSH's packet.c counts: the length is left out for AEAD ciphers and for MACs over the ciphertext.
    [Theory]
    [InlineData("none", "", 8, true, 0)]
    [InlineData("aes128-gcm@openssh.com", "", 16, false, 16)]
    [InlineData("aes256-gcm@openssh.com", "", 16, false, 16)]
    [InlineData("chacha20-poly1305@openssh.com", "", 8, false, 16)]
    [InlineData("aes128-ctr", "hmac-sha2-256", 16, true, 32)]
    [InlineData("aes256-ctr", "hmac-sha2-512", 16, true, 64)]
    [InlineData("aes128-ctr", "hmac-sha2-256-etm@openssh.com", 16, false, 32)]
    [InlineData("aes256-ctr", "hmac-sha2-512-etm@openssh.com", 16, false, 64)]
    public void Sizes_of_each_protection(string cipher, string mac, int blockSize, bool lengthIsPadded, int tagSize)
    {
        PacketProtection protection = PacketProtection.Find(cipher, mac);
        Assert.Equal(new PacketGeometry(blockSize, lengthIsPadded, tagSize), protection.Geometry);
        using IPacketOpener opener = protection.CreateOpener();
        Assert.Equal(protection.Geometry, opener.Geometry);
    }
}
