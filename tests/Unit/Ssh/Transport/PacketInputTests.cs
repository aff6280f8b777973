using System.Net.Sockets;
using SshGateway.Ssh.Ciphers;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.Transport;

/// <summary>The inbound half over a real connection.</summary>
public sealed class PacketInputTests : IAsyncLifetime, IDisposable
{
    private LoopbackPair _sockets = null!;
    private PacketInput _input = null!;

    public static TheoryData<string, string> Protections => PacketProtection.Names;

    public async Task InitializeAsync()
    {
        _sockets = await LoopbackPair.ConnectAsync();
        _input = new PacketInput(new AsyncSocket(_sockets.Accepting));
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        _sockets.Dispose();
        _input.Dispose();
    }

    [Theory]
    [MemberData(nameof(Protections))]
    public async Task Bytes_that_come_one_by_one_make_the_same_packets(string cipher, string mac)
    {
        PacketProtection protection = PacketProtection.Find(cipher, mac);
        _input.Rekey(protection.CreateOpener(), resetSequence: false);
        using IPacketSealer sealer = protection.CreateSealer();
        for (uint sequence = 0; sequence < 3; sequence++)
        {
            byte[] wire = PacketProtection.Seal(sealer, [94, (byte)sequence, 1, 2, 3], sequence);
            for (int i = 0; i < wire.Length; i++)
            {
                Assert.False(_input.TryRead(out _), $"after {i} of {wire.Length} bytes");
                await SendAsync(wire.AsMemory(i, 1));
                Assert.True(await _input.FillAsync().Limited());
            }
            Assert.True(_input.TryRead(out InboundPacket packet));
            Assert.Equal(94, packet.Number);
            Assert.Equal([94, (byte)sequence, 1, 2, 3], packet.Payload.ToArray());
            Assert.Equal(sequence, packet.Sequence);
            Assert.Equal(wire.Length - 4 - protection.Geometry.TagSize, packet.Body.Length);
        }
        Assert.Equal(3, _input.PacketsUnderKeys);
        Assert.Equal(_input.TotalBytes, _input.BytesUnderKeys);
    }

    // Sizes that do not divide the buffer: packets lie across its end again and again.
    [Theory]
    [InlineData("aes128-gcm@openssh.com", "")]
    [InlineData("aes256-ctr", "hmac-sha2-256")]
    [InlineData("chacha20-poly1305@openssh.com", "")]
    public async Task A_stream_of_packets_across_the_ends_of_the_buffer_arrives_whole(string cipher, string mac)
    {
        const int Packets = 400;
        PacketProtection protection = PacketProtection.Find(cipher, mac);
        _input.Rekey(protection.CreateOpener(), resetSequence: false);
        _input.AllowLargePackets();
        Task sending = Task.Run(async () =>
        {
            using IPacketSealer sealer = protection.CreateSealer();
            for (uint sequence = 0; sequence < Packets; sequence++)
            {
                await SendAsync(PacketProtection.Seal(sealer, PayloadOf(sequence), sequence));
            }
        });
        for (uint sequence = 0; sequence < Packets; sequence++)
        {
            InboundPacket packet = await NextAsync();
            Assert.Equal(sequence, packet.Sequence);
            Assert.True(packet.Payload.SequenceEqual(PayloadOf(sequence)), $"packet {sequence}");
        }
        await sending.Limited();

        static byte[] PayloadOf(uint sequence)
        {
            byte[] payload = new byte[1 + (sequence * 7919 % 60_000)];
            Array.Fill(payload, (byte)sequence);
            return payload;
        }
    }

    [Theory]
    [MemberData(nameof(Protections))]
    public async Task The_largest_packet_is_256_KiB_after_authentication_and_35000_bytes_before(string cipher, string mac)
    {
        PacketProtection protection = PacketProtection.Find(cipher, mac);
        _input.Rekey(protection.CreateOpener(), resetSequence: false);
        using IPacketSealer sealer = protection.CreateSealer();

        byte[] beforeAuthentication = MaxPayload(protection.Geometry, 35_000);
        Task sending = SendAsync(PacketProtection.Seal(sealer, beforeAuthentication, 0));
        Assert.Equal(beforeAuthentication, (await NextAsync()).Payload.ToArray());
        await sending;

        _input.AllowLargePackets();
        byte[] afterAuthentication = MaxPayload(protection.Geometry, 256 * 1024);
        sending = SendAsync(PacketProtection.Seal(sealer, afterAuthentication, 1));
        Assert.True((await NextAsync()).Payload.SequenceEqual(afterAuthentication));
        await sending;

        sending = SendAsync(PacketProtection.Seal(sealer, new byte[afterAuthentication.Length + 16], 2));
        await AssertRefusedAsync("packet_length");
        _sockets.Connecting.Dispose();
        await sending.WaitAsync(TimeSpan.FromSeconds(30)).ContinueWith(_ => { }, TaskScheduler.Default);
    }

    [Fact]
    public async Task What_is_left_over_at_authentication_is_not_lost()
    {
        byte[] second = PacketProtection.Find("none", "").Seal([94, 2], 1);
        await SendAsync((byte[])[.. PacketProtection.Find("none", "").Seal([52], 0), .. second[..7]]);
        Assert.Equal(52, (await NextAsync()).Number);
        _input.AllowLargePackets();
        await SendAsync(second.AsMemory(7));
        Assert.Equal([94, 2], (await NextAsync()).Payload.ToArray());
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(4u)]
    [InlineData(5u)]
    // A multiple of 8 without the length's own four bytes.
    [InlineData(16u)]
    [InlineData(35_012u)]
    [InlineData(0x7fffffffu)]
    [InlineData(0x80000000u)]
    [InlineData(0xfffffffcu)]
    [InlineData(0xffffffffu)]
    public async Task A_length_out_of_range_is_refused_before_anything_is_waited_for(uint length)
    {
        await SendAsync((byte[])[(byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length]);
        await AssertRefusedAsync("packet_length");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    // No payload left, and less than none.
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(255)]
    public async Task Padding_out_of_range_is_refused(byte padding)
    {
        await SendAsync((byte[])[0, 0, 0, 12, padding, .. new byte[11]]);
        await AssertRefusedAsync("padding_length");
    }

    [Fact]
    public async Task The_sequence_number_is_reset_only_where_strict_key_exchange_asks_for_it()
    {
        PacketProtection protection = PacketProtection.Find("aes128-ctr", "hmac-sha2-256");
        await SendAsync(PacketProtection.Find("none", "").Seal([20], 0));
        Assert.Equal(0u, (await NextAsync()).Sequence);
        _input.Rekey(protection.CreateOpener(), resetSequence: false);
        await SendAsync(protection.Seal([94], 1));
        Assert.Equal(1u, (await NextAsync()).Sequence);
        Assert.Equal(1, _input.PacketsUnderKeys);
        _input.Rekey(protection.CreateOpener(), resetSequence: true);
        Assert.Equal(0, _input.PacketsUnderKeys);
        Assert.Equal(0, _input.BytesUnderKeys);
        await SendAsync(protection.Seal([94], 0));
        Assert.Equal(0u, (await NextAsync()).Sequence);
    }

    [Fact]
    public async Task A_close_is_noticed_between_packets_and_inside_of_one()
    {
        await SendAsync((byte[])[0, 0, 0, 12, 5]);
        Assert.True(await _input.FillAsync().Limited());
        _sockets.Connecting.Shutdown(SocketShutdown.Send);
        Assert.False(await _input.FillAsync().Limited());
        Assert.False(_input.TryRead(out _));
    }

    [Fact]
    public async Task Lines_are_read_up_to_255_bytes_with_and_without_carriage_return()
    {
        await SendAsync("hello\nSSH-2.0-x\r\n"u8.ToArray());
        Assert.Null(_input.TryReadLine(255));
        Assert.True(await _input.FillAsync().Limited());
        Assert.Equal("hello", _input.TryReadLine(255));
        Assert.Equal("SSH-2.0-x", _input.TryReadLine(255));
        Assert.Null(_input.TryReadLine(255));

        string longest = new('a', 253);
        await SendAsync(System.Text.Encoding.ASCII.GetBytes(longest + "\r\n"));
        Assert.True(await _input.FillAsync().Limited());
        Assert.Equal(longest, _input.TryReadLine(255));

        await SendAsync(new byte[256]);
        Assert.True(await _input.FillAsync().Limited());
        Assert.Throws<SshProtocolException>(() => _input.TryReadLine(255));
    }

    private static byte[] MaxPayload(PacketGeometry geometry, int limit)
    {
        int body = limit;
        while (!geometry.Fits(body))
        {
            body--;
        }
        int payload = body - 1 - PacketGeometry.MinPadding;
        while (1 + payload + geometry.PaddingFor(payload) > limit)
        {
            payload--;
        }
        return new byte[payload];
    }

    private async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await _sockets.Connecting.SendAsync(bytes)..];
        }
    }

    private async Task<InboundPacket> NextAsync()
    {
        InboundPacket packet;
        while (!_input.TryRead(out packet))
        {
            Assert.True(await _input.FillAsync().Limited());
        }
        return packet;
    }

    private async Task AssertRefusedAsync(string word)
    {
        SshProtocolException refused = await Assert.ThrowsAsync<SshProtocolException>(NextAsync);
        Assert.Contains(word, refused.Message, StringComparison.Ordinal);
    }
}
