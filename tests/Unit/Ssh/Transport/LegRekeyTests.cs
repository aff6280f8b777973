using System.Buffers.Binary;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.Transport;

public sealed class LegRekeyTests
{
    private static readonly RekeyLimits AlwaysUsedUp = new(Bytes: 1);

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Either_side_or_both_at_once_start_a_key_exchange(bool byClient, bool byServer)
    {
        await using LegPair pair = await StartAsync();
        byte[] sessionId = pair.Client.SshSessionId.ToArray();
        for (int round = 0; round < 5; round++)
        {
            if (byClient)
            {
                await pair.Client.TryStartRekeyAsync(pair.Client).Limited();
            }
            if (byServer)
            {
                await pair.Server.TryStartRekeyAsync(pair.Server).Limited();
            }
            await ExchangeAsync(pair);
            // What follows the new keys is the first under them, on both sides, with the numbers started again.
            Assert.Equal(1, pair.Client.Input.PacketsUnderKeys);
            Assert.Equal(1, pair.Server.Input.PacketsUnderKeys);
            Assert.Equal(1, pair.Client.Output.PacketsUnderKeys);
            Assert.Equal(1, pair.Server.Output.PacketsUnderKeys);
        }
        Assert.Equal(sessionId, pair.Client.SshSessionId.ToArray());
        Assert.Equal(sessionId, pair.Server.SshSessionId.ToArray());
    }

    [Fact]
    public async Task Nothing_starts_before_the_keys_are_used_up_or_while_the_other_leg_is_in_an_exchange()
    {
        await using LegPair pair = await LegPair.ConnectAsync(limits: new RekeyLimits(Bytes: 100_000));
        await pair.HandshakeAsync();
        long sent = pair.Client.Output.TotalBytes;
        await pair.Client.TryStartRekeyAsync(pair.Client).Limited();
        Assert.Equal(sent, pair.Client.Output.TotalBytes);

        await using LegPair busy = await StartAsync();
        await using LegPair free = await StartAsync();
        await busy.Client.TryStartRekeyAsync(free.Client).Limited();
        sent = free.Client.Output.TotalBytes;
        await free.Client.TryStartRekeyAsync(busy.Client).Limited();
        Assert.Equal(sent, free.Client.Output.TotalBytes);
        await ExchangeAsync(busy);
        await free.Client.TryStartRekeyAsync(busy.Client).Limited();
        Assert.NotEqual(sent, free.Client.Output.TotalBytes);
    }

    [Fact]
    public async Task Keys_are_renewed_after_an_hour()
    {
        var time = new ShiftedTime();
        await using LegPair pair = await LegPair.ConnectAsync(time: time);
        await pair.HandshakeAsync();
        long sent = pair.Server.Output.TotalBytes;
        time.Pass(TimeSpan.FromMinutes(59));
        await pair.Server.TryStartRekeyAsync(pair.Server).Limited();
        Assert.Equal(sent, pair.Server.Output.TotalBytes);
        time.Pass(TimeSpan.FromMinutes(1));
        await pair.Server.TryStartRekeyAsync(pair.Server).Limited();
        Assert.NotEqual(sent, pair.Server.Output.TotalBytes);
        await ExchangeAsync(pair);
    }

    // RFC 4253 section 7.1, and OpenSSH aborts otherwise.
    [Fact]
    public async Task No_data_leaves_between_our_KEXINIT_and_our_NEWKEYS()
    {
        await using LegPair pair = await StartAsync();
        await pair.Server.TryStartRekeyAsync(pair.Server).Limited();
        long sent = pair.Server.Output.TotalBytes;
        Task data = pair.Server.Output.SendAsync(new byte[] { 94 }).AsTask();
        // The client has data under way, which the server still takes.
        await pair.Client.Output.SendAsync(new byte[] { 94, 1 }).Limited();
        Assert.Equal([94, 1], (await pair.Server.ReceiveAsync().Limited()).Payload.ToArray());
        Assert.False(data.IsCompleted);
        Assert.Equal(sent, pair.Server.Output.TotalBytes);

        Task<InboundPacket> serverReceives = pair.Server.ReceiveAsync().AsTask();
        InboundPacket received = await pair.Client.ReceiveAsync().Limited();
        Assert.Equal(94, received.Number);
        Assert.Equal(0u, received.Sequence);
        await data.Limited();
        await pair.Client.Output.SendAsync(new byte[] { 95 }).Limited();
        Assert.Equal(95, (await serverReceives.Limited()).Number);
    }

    // CVE-2025-26466: what cannot be sent now must not pile up.
    [Fact]
    public async Task Pongs_wait_for_the_key_exchange_and_at_most_16_of_them()
    {
        await using LegPair pair = await StartAsync();
        pair.Server.EnterRelaying();
        await pair.Server.TryStartRekeyAsync(pair.Server).Limited();
        for (int i = 0; i < 100; i++)
        {
            await pair.Client.Output.SendAsync(SshWriter.Message(MessageNumber.Ping).WriteString("are you there").ToArray()).Limited();
        }
        await pair.Client.Output.SendAsync(new byte[] { 94 }).Limited();
        long sent = pair.Server.Output.TotalBytes;
        await pair.Server.ReceiveAsync().Limited();
        Assert.Equal(sent, pair.Server.Output.TotalBytes);

        Task data = pair.Server.Output.SendAsync(new byte[] { 94 }).AsTask();
        Task<InboundPacket> serverReceives = pair.Server.ReceiveAsync().AsTask();
        await pair.Client.ReceiveAsync().Limited();
        await data.Limited();
        Assert.Equal(16 + 1, pair.Client.Input.PacketsUnderKeys);
        await pair.Client.Output.SendAsync(new byte[] { 95 }).Limited();
        await serverReceives.Limited();
    }

    [Fact]
    public async Task Pings_are_answered_with_their_data()
    {
        using LoopbackPair sockets = await LoopbackPair.ConnectAsync();
        var hostKeys = new HostKeySet([Ed25519PrivateKey.Generate()]);
        await using var server = new SshServerTransport(
            new AsyncSocket(sockets.Accepting), LegPair.Everything with { HostKeyAlgorithms = hostKeys.Algorithms }, hostKeys, new RekeyLimits(null), TimeProvider.System);
        using var client = new HandmadeClient(sockets.Connecting);
        await Task.WhenAll(server.HandshakeAsync(), client.HandshakeAsync(new KexInitText())).Limited();
        Task<InboundPacket> serving = server.ReceiveAsync().AsTask();
        // OpenSSH PROTOCOL section 1.8.
        await client.SendAsync(SshWriter.Message(192).WriteString("data").ToArray());
        Assert.Equal(SshWriter.Message(193).WriteString("data").ToArray(), await client.ReadAsync());
        await client.SendAsync(SshWriter.Message(192).WriteString(new byte[1025]).ToArray());
        SshProtocolException refused = await Assert.ThrowsAnyAsync<SshProtocolException>(() => serving.Limited());
        Assert.Contains("ping", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Before_authentication_a_peer_may_start_one_more_key_exchange(bool byClient)
    {
        await using LegPair pair = await StartAsync(authenticated: false);
        (SshTransport starter, SshTransport other) = byClient ? ((SshTransport)pair.Client, (SshTransport)pair.Server) : (pair.Server, pair.Client);
        await starter.TryStartRekeyAsync(starter).Limited();
        await ExchangeAsync(pair);
        await starter.TryStartRekeyAsync(starter).Limited();
        SshProtocolException refused = await Assert.ThrowsAnyAsync<SshProtocolException>(() => other.ReceiveAsync().Limited());
        Assert.Equal("too many key exchanges before authentication", refused.Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Key_exchanges_without_data_are_bounded(bool byClient)
    {
        await using LegPair pair = await StartAsync(time: new ManualTimeProvider());
        (int started, Exception? end) = await ExchangeUntilRefusedAsync(pair, byClient, between: static _ => Task.CompletedTask);
        Assert.InRange(started, KexAllowance.Burst, KexAllowance.Burst + 2);
        Assert.StartsWith("too many key exchanges: ", Assert.IsType<SshProtocolException>(end).Message, StringComparison.Ordinal);
    }

    // RekeyLimit 16K of OpenSSH, at any speed.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Key_exchanges_for_every_16_KiB_are_carried_out(bool byClient)
    {
        await using LegPair pair = await StartAsync(time: new ManualTimeProvider());
        byte[] message = [94, .. new byte[16 * 1024]];
        (_, Exception? end) = await ExchangeUntilRefusedAsync(pair, byClient, starter => starter.Output.SendAsync(message).AsTask());
        Assert.Null(end);
    }

    // RekeyLimit default 1s.
    [Fact]
    public async Task Key_exchanges_of_every_second_are_carried_out()
    {
        var time = new ManualTimeProvider();
        await using LegPair pair = await StartAsync(time: time);
        (_, Exception? end) = await ExchangeUntilRefusedAsync(pair, byClient: true, _ =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return Task.CompletedTask;
        });
        Assert.Null(end);
    }

    [Fact]
    public async Task The_pods_host_key_cannot_change_in_a_later_exchange()
    {
        using var first = Ed25519PrivateKey.Generate();
        using var second = Ed25519PrivateKey.Generate();
        using var changing = new ChangingKey(first, second);
        int asked = 0;
        await using LegPair pair = await LegPair.ConnectAsync(hostKey: changing, limits: AlwaysUsedUp, acceptHostKey: _ => ++asked > 0);
        await pair.HandshakeAsync();
        Assert.Equal(1, asked);
        changing.Change();
        await pair.Client.TryStartRekeyAsync(pair.Client).Limited();
        Task serving = pair.Server.ReceiveAsync().AsTask();
        // The key that is shown is still the first; its signature is by the second.
        SshProtocolException refused = await Assert.ThrowsAnyAsync<SshProtocolException>(() => pair.Client.ReceiveAsync().Limited());
        Assert.Equal(DisconnectReason.KeyExchangeFailed, refused.Reason);
        pair.Client.Abort();
        await Assert.ThrowsAnyAsync<Exception>(() => serving.Limited());
    }

    // OpenSSH's clients bind hostbound requests to the host key of the first exchange.
    [Fact]
    public async Task The_host_key_of_the_leg_stays_that_of_the_first_exchange()
    {
        using LoopbackPair sockets = await LoopbackPair.ConnectAsync();
        using SshPrivateKey first = PrivateKeys.Generate(SshKeyTypes.Ed25519);
        using SshPrivateKey second = PrivateKeys.Generate(SshKeyTypes.EcdsaP256);
        var hostKeys = new HostKeySet([first, second]);
        await using var server = new SshServerTransport(
            new AsyncSocket(sockets.Accepting), LegPair.Everything with { HostKeyAlgorithms = hostKeys.Algorithms }, hostKeys, new RekeyLimits(null), TimeProvider.System);
        using var client = new HandmadeClient(sockets.Connecting);
        await Task.WhenAll(server.HandshakeAsync(), client.HandshakeAsync(new KexInitText { HostKeys = "ssh-ed25519" })).Limited();
        Task<InboundPacket> serving = server.ReceiveAsync().AsTask();
        var init = new KexInitText { HostKeys = "ecdsa-sha2-nistp256" };
        await client.SendAsync(init.ToPayload());
        await client.ReadServerInitAsync();
        await client.ExchangeKeysAsync(init, init.ToPayload());
        Assert.Equal(second.PublicKey.Blob.ToArray(), client.HostKey);
        await client.SendAsync([94]);
        await serving.Limited();
        Assert.Equal(first.PublicKey.Blob.ToArray(), server.HostKey.ToArray());
    }

    // Both sides use their keys up every 64 KiB while 16 MiB go each way.
    [Fact]
    public async Task Under_load_from_both_sides_nothing_is_lost_or_reordered_and_nothing_deadlocks()
    {
        const int Messages = 1024;
        await using LegPair pair = await LegPair.ConnectAsync(limits: new RekeyLimits(Bytes: 64 * 1024));
        await pair.HandshakeAsync();
        pair.Client.EnterRelaying();
        pair.Server.EnterRelaying();
        var clientHasAll = new TaskCompletionSource();
        var serverHasAll = new TaskCompletionSource();
        Task reading = Task.WhenAll(ReceiveAllAsync(pair.Client, clientHasAll), ReceiveAllAsync(pair.Server, serverHasAll));
        await Task.WhenAny(
            reading, Task.WhenAll(SendAllAsync(pair.Client), SendAllAsync(pair.Server), clientHasAll.Task, serverHasAll.Task)).Limited();
        Assert.True(clientHasAll.Task.IsCompletedSuccessfully && serverHasAll.Task.IsCompletedSuccessfully);
        Assert.InRange(pair.Client.Input.BytesUnderKeys, 0, 2 * 1024 * 1024);
        pair.Client.Abort();
        await Assert.ThrowsAnyAsync<Exception>(() => reading.Limited());

        static Task SendAllAsync(SshTransport leg) => Task.Run(async () =>
        {
            byte[] message = new byte[16 * 1024];
            message[0] = 94;
            for (int i = 0; i < Messages; i++)
            {
                BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), i);
                await leg.Output.SendAsync(message);
                await leg.TryStartRekeyAsync(leg);
            }
            await leg.Output.SendAsync(new byte[] { 95 });
        });

        static Task ReceiveAllAsync(SshTransport leg, TaskCompletionSource hasAll) => Task.Run(async () =>
        {
            for (int i = 0; i < Messages; i++)
            {
                InboundPacket packet = await leg.ReceiveAsync();
                Assert.Equal(94, packet.Number);
                Assert.Equal(i, BinaryPrimitives.ReadInt32BigEndian(packet.Payload[1..]));
            }
            Assert.Equal(95, (await leg.ReceiveAsync()).Number);
            hasAll.SetResult();
            // The other side may still want to exchange keys.
            await LegPair.ReadToEndAsync(leg);
        });
    }

    private static async Task<LegPair> StartAsync(bool authenticated = true, TimeProvider? time = null)
    {
        LegPair pair = await LegPair.ConnectAsync(limits: AlwaysUsedUp, time: time);
        await pair.HandshakeAsync();
        if (authenticated)
        {
            pair.Client.EnterRelaying();
            pair.Server.EnterRelaying();
        }
        return pair;
    }

    private static async Task ExchangeAsync(LegPair pair)
    {
        Task<InboundPacket> atServer = pair.Server.ReceiveAsync().AsTask();
        Task<InboundPacket> atClient = pair.Client.ReceiveAsync().AsTask();
        // The gates let these through once the exchange is done, and the receiving loops carry it out.
        await Task.WhenAll(pair.Client.Output.SendAsync(new byte[] { 94 }).AsTask(), pair.Server.Output.SendAsync(new byte[] { 95 }).AsTask()).Limited();
        Assert.Equal(94, (await atServer.Limited()).Number);
        Assert.Equal(95, (await atClient.Limited()).Number);
    }

    /// <summary>How many one side has started, at most 100, and what the other says of the last one.</summary>
    private static async Task<(int Started, Exception? End)> ExchangeUntilRefusedAsync(LegPair pair, bool byClient, Func<SshTransport, Task> between)
    {
        (SshTransport starter, SshTransport other) = byClient ? ((SshTransport)pair.Client, (SshTransport)pair.Server) : (pair.Server, pair.Client);
        Task<Exception?> reading = Task.Run(() => Record.ExceptionAsync(() => LegPair.ReadToEndAsync(starter)));
        Task<Exception?> refusing = Task.Run(() => Record.ExceptionAsync(() => LegPair.ReadToEndAsync(other)));
        int started = 0;
        while (started < 100)
        {
            await between(starter).Limited();
            await starter.TryStartRekeyAsync(starter).Limited();
            started++;
            // Leaves behind the starter's new keys; the other's are still to come.
            Task sent = starter.Output.SendAsync(new byte[] { 94 }).AsTask();
            if (await Task.WhenAny(sent, refusing).Limited() == refusing)
            {
                break;
            }
            await Eventually.TrueAsync(() => !starter.PeerIsExchanging, "the key exchange does not end");
        }
        Exception? end = refusing.IsCompleted ? await refusing : null;
        pair.Client.Abort();
        pair.Server.Abort();
        await Task.WhenAll(reading, refusing).Limited();
        return (started, end);
    }

    private sealed class ShiftedTime : TimeProvider
    {
        private TimeSpan _shift;

        public override long GetTimestamp() => base.GetTimestamp() + (long)(_shift.TotalSeconds * TimestampFrequency);

        public void Pass(TimeSpan time) => _shift += time;
    }

    private sealed class ChangingKey(SshPrivateKey first, SshPrivateKey second) : SshPrivateKey(first.PublicKey)
    {
        private SshPrivateKey _current = first;

        public void Change() => _current = second;

        public override void Dispose()
        {
        }

        public override void WriteFields(SshWriter writer) => _current.WriteFields(writer);

        protected override byte[] SignValue(SignatureAlgorithm algorithm, ReadOnlySpan<byte> data)
        {
            var reader = new SshReader(_current.Sign(algorithm, data));
            reader.ReadString();
            return reader.ReadString().ToArray();
        }
    }
}
