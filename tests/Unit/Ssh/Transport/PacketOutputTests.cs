using SshGateway.Ssh.Ciphers;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.Transport;

/// <summary>The outbound half over a real connection, read by the inbound half.</summary>
public sealed class PacketOutputTests : IAsyncLifetime, IDisposable
{
    private LoopbackPair _sockets = null!;
    private PacketOutput _output = null!;
    private PacketInput _input = null!;

    public static TheoryData<string, string, string, string> Relays
    {
        get
        {
            TheoryData<string, string, string, string> relays = [];
            foreach (object[] from in PacketProtection.Names)
            {
                foreach (object[] to in PacketProtection.Names)
                {
                    relays.Add((string)from[0], (string)from[1], (string)to[0], (string)to[1]);
                }
            }
            return relays;
        }
    }

    public async Task InitializeAsync()
    {
        _sockets = await LoopbackPair.ConnectAsync();
        _output = new PacketOutput(new AsyncSocket(_sockets.Connecting));
        _input = new PacketInput(new AsyncSocket(_sockets.Accepting));
        _input.AllowLargePackets();
        _output.AllowLargePackets();
    }

    public async Task DisposeAsync() => await _output.DisposeAsync();

    public void Dispose()
    {
        _sockets.Dispose();
        _input.Dispose();
    }

    [Fact]
    public async Task A_packet_that_does_not_fit_leaves_the_batch_to_others()
    {
        byte[] tooLarge = new byte[16 * 1024 * 1024];
        await Assert.ThrowsAsync<SshProtocolException>(async () => await _output.SendControlAsync(tooLarge));
        await Assert.ThrowsAsync<SshProtocolException>(async () => await _output.SendReplyAsync(tooLarge));

        await _output.SendAsync(new byte[] { 2, 1 }).Limited();

        Assert.Equal([2, 1], (await NextAsync(_input)).Payload.ToArray());
    }

    // Between any two protections: a packet that is relayed and a packet that is built anew say the same.
    [Theory]
    [MemberData(nameof(Relays))]
    public async Task A_relayed_packet_carries_the_same_payload(string fromCipher, string fromMac, string toCipher, string toMac)
    {
        PacketProtection from = PacketProtection.Find(fromCipher, fromMac);
        PacketProtection to = PacketProtection.Find(toCipher, toMac);
        using LoopbackPair source = await LoopbackPair.ConnectAsync();
        using var sourceInput = new PacketInput(new AsyncSocket(source.Accepting));
        sourceInput.Rekey(from.CreateOpener(), resetSequence: false);
        using IPacketSealer sealer = from.CreateSealer();
        _output.Rekey(to.CreateSealer(), resetSequence: false);
        _input.Rekey(to.CreateOpener(), resetSequence: false);
        uint sequence = 0;
        foreach (int size in (int[])[1, 2, 3, 4, 5, 8, 11, 12, 13, 16, 17, 31, 32, 33, 100, 1000])
        {
            byte[] payload = [.. Enumerable.Range(0, size).Select(i => (byte)(i + 94))];
            await source.Connecting.SendAsync(PacketProtection.Seal(sealer, payload, sequence++));
            InboundPacket inbound = await NextAsync(sourceInput);
            await _output.OpenBatchAsync().Limited();
            Assert.True(_output.TryRelay(inbound));
            Assert.True(_output.TryAppend(inbound.Payload));
            await _output.CloseAndFlushAsync().Limited();
            Assert.Equal(payload, (await NextAsync(_input)).Payload.ToArray());
            Assert.Equal(payload, (await NextAsync(_input)).Payload.ToArray());
        }
        Assert.Equal(_output.PacketsUnderKeys, _input.PacketsUnderKeys);
        Assert.Equal(_output.BytesUnderKeys, _input.BytesUnderKeys);
        Assert.Equal(_output.TotalBytes, _input.TotalBytes);
    }

    [Fact]
    public async Task A_full_batch_takes_no_more_until_it_is_flushed()
    {
        byte[] payload = new byte[32 * 1024];
        Task<int> reading = CountAsync(30);
        await _output.OpenBatchAsync().Limited();
        int flushes = 0;
        for (int i = 0; i < 30; i++)
        {
            while (!_output.TryAppend(payload))
            {
                await _output.CloseAndFlushAsync().Limited();
                await _output.OpenBatchAsync().Limited();
                flushes++;
            }
        }
        await _output.CloseAndFlushAsync().Limited();
        Assert.Equal(30, await reading.Limited());
        Assert.InRange(flushes, 3, 5);

        async Task<int> CountAsync(int packets)
        {
            int count = 0;
            for (; count < packets; count++)
            {
                await NextAsync(_input);
            }
            return count;
        }
    }

    [Fact]
    public async Task What_is_left_in_the_batch_goes_out_with_the_next_write()
    {
        await _output.OpenBatchAsync().Limited();
        _output.TryAppend([1]);
        _output.CloseBatch();
        await _output.SendAsync(new byte[] { 2 }).Limited();
        Assert.Equal(1, (await NextAsync(_input)).Number);
        Assert.Equal(2, (await NextAsync(_input)).Number);
    }

    [Fact]
    public async Task A_batch_is_a_lock()
    {
        await _output.OpenBatchAsync().Limited();
        Task second = _output.SendAsync(new byte[] { 94 }).AsTask();
        Assert.False(second.IsCompleted);
        _output.CloseBatch();
        await second.Limited();
        Assert.Equal(94, (await NextAsync(_input)).Number);
    }

    // RFC 4253 section 7.1: from our KEXINIT to our NEWKEYS nothing but key exchange and the transport's own.
    [Fact]
    public async Task Between_KEXINIT_and_NEWKEYS_only_control_packets_pass()
    {
        await _output.OpenControlBatchAsync().Limited();
        _output.TryAppend([20]);
        _output.CloseGate();
        await _output.CloseAndFlushAsync().Limited();

        Task data = _output.SendAsync(new byte[] { 94 }).AsTask();
        await _output.SendControlAsync(new byte[] { 30 }).Limited();
        Assert.Equal(20, (await NextAsync(_input)).Number);
        Assert.Equal(30, (await NextAsync(_input)).Number);
        Assert.False(data.IsCompleted);

        await _output.OpenControlBatchAsync().Limited();
        _output.TryAppend([21]);
        _output.Rekey(new PlainSealer(), resetSequence: true);
        await _output.CloseAndFlushAsync().Limited();
        await data.Limited();
        Assert.Equal(21, (await NextAsync(_input)).Number);
        Assert.Equal(94, (await NextAsync(_input)).Number);
    }

    [Fact]
    public async Task Whoever_waits_for_a_key_exchange_is_woken_when_it_will_not_end()
    {
        await _output.OpenControlBatchAsync().Limited();
        _output.CloseGate();
        _output.CloseBatch();
        Task waiting = _output.SendAsync(new byte[] { 94 }).AsTask();
        _output.Abort();
        await Assert.ThrowsAsync<PeerGoneException>(() => waiting.Limited());

        await _output.OpenControlBatchAsync().Limited();
        _output.CloseGate();
        _output.CloseBatch();
        await Assert.ThrowsAsync<PeerGoneException>(() => _output.SendAsync(new byte[] { 94 }).Limited());
    }

    // The reader must be able to answer a key exchange while a pump waits for a peer that takes nothing.
    [Fact]
    public async Task Control_packets_do_not_wait_for_a_write_that_is_stuck()
    {
        byte[] payload = new byte[200 * 1024];
        Task stuck;
        do
        {
            await _output.OpenBatchAsync().Limited();
            Assert.True(_output.TryAppend(payload));
            stuck = _output.CloseAndFlushAsync().AsTask();
        }
        while (await Task.WhenAny(stuck, Task.Delay(TimeSpan.FromMilliseconds(200))) == stuck);

        for (int i = 0; i < 10; i++)
        {
            await _output.SendControlAsync(new byte[] { 30 }).Limited();
            await _output.OfferAsync([193], duringKeyExchange: false).Limited();
        }
        Assert.False(stuck.IsCompleted);
        int control = 0;
        while (control < 20)
        {
            control += (await NextAsync(_input)).Number is 30 or 193 ? 1 : 0;
        }
        await stuck.Limited();
    }

    [Fact]
    public async Task Answers_that_a_peer_does_not_take_are_dropped_and_key_exchange_keeps_its_room()
    {
        await _output.OpenControlBatchAsync().Limited();
        _output.CloseGate();
        _output.CloseBatch();
        for (int i = 0; i < 1000; i++)
        {
            await _output.OfferAsync(new byte[1000], duringKeyExchange: false).Limited();
        }
        await _output.OpenControlBatchAsync().Limited();
        _output.Rekey(new PlainSealer(), resetSequence: false);
        Assert.InRange(_output.PacketsUnderKeys, 1, 16);
        _output.CloseBatch();
    }

    // A deadline's or the proxy's last word may be half written when the connection's owner lets go of the leg.
    [Fact]
    public async Task Whoever_has_the_batch_open_keeps_the_keys_until_it_closes_it()
    {
        PacketProtection protection = PacketProtection.Find("aes128-gcm@openssh.com", "");
        _output.Rekey(protection.CreateSealer(), resetSequence: false);
        _input.Rekey(protection.CreateOpener(), resetSequence: false);
        await _output.OpenControlBatchAsync().Limited();
        Task disposing = _output.DisposeAsync().AsTask();
        Assert.False(disposing.IsCompleted);
        Assert.True(_output.TryAppend([1, 2, 3]));
        _output.CloseBatch();
        await disposing.Limited();
        await Assert.ThrowsAsync<PeerGoneException>(() => _output.OpenControlBatchAsync().Limited());
    }

    private static async Task<InboundPacket> NextAsync(PacketInput input)
    {
        InboundPacket packet;
        while (!input.TryRead(out packet))
        {
            Assert.True(await input.FillAsync().Limited());
        }
        return packet;
    }
}
