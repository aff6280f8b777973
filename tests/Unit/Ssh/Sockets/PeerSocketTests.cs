using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Sockets.Epoll;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.Sockets;

/// <summary>What everything above relies on, of both engines.</summary>
public sealed class PeerSocketTests
{
    private static readonly PeerTimeouts Timeouts = new(TimeSpan.FromMinutes(1));

    // Their threads never end.
    private static readonly EventLoops Loops = new(TimeSpan.FromMicroseconds(100));

    public static TheoryData<string> Engines => ["epoll", ".NET"];

    // A listener on [::] shows IPv4 clients as ::ffff:a.b.c.d.
    [Theory]
    [MemberData(nameof(Engines))]
    public async Task IPv4_clients_of_an_IPv6_listener_are_named_by_their_IPv4_address(string engine)
    {
        using var listener = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
        listener.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        listener.Listen(1);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(IPAddress.Loopback, ((IPEndPoint)listener.LocalEndPoint!).Port);
        using IPeerSocket accepted = On(engine, await listener.AcceptAsync());
        Assert.Equal(client.LocalEndPoint, accepted.RemoteEndPoint);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Much_more_than_the_buffers_hold_arrives_whole_and_then_the_end(string engine)
    {
        using LoopbackPair pair = await LoopbackPair.ConnectAsync();
        using IPeerSocket writer = On(engine, pair.Connecting);
        using IPeerSocket reader = On(engine, pair.Accepting);
        byte[] sent = RandomNumberGenerator.GetBytes((16 * 1024 * 1024) + 1);
        Task writing = WriteAsync();
        using var received = new MemoryStream();
        byte[] buffer = new byte[100_000];
        int count;
        while ((count = await reader.ReadAsync(buffer).Limited()) > 0)
        {
            received.Write(buffer, 0, count);
        }
        await writing.Limited();
        Assert.Equal(SHA256.HashData(sent), SHA256.HashData(received.ToArray()));

        async Task WriteAsync()
        {
            await writer.WriteAsync(sent);
            writer.ShutdownWrites();
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_write_waits_for_a_reader_and_fails_when_it_is_aborted(string engine)
    {
        using LoopbackPair pair = await LoopbackPair.ConnectAsync();
        using IPeerSocket writer = On(engine, pair.Connecting);
        Task writing = writer.WriteAsync(new byte[64 * 1024 * 1024]).AsTask();
        Assert.False(writing.IsCompleted);
        writer.Abort();
        await AssertGoneAsync(writing);
        writer.Abort();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Reads_and_waits_fail_when_they_are_aborted_and_after_it(string engine)
    {
        using LoopbackPair pair = await LoopbackPair.ConnectAsync();
        using IPeerSocket reader = On(engine, pair.Accepting);
        Task reading = reader.ReadAsync(new byte[1]).AsTask();
        reader.Abort();
        await AssertGoneAsync(reading);
        await AssertGoneAsync(reader.WaitReadableAsync().AsTask());
        await AssertGoneAsync(reader.WriteAsync(new byte[1]).AsTask());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_wait_that_is_given_up_has_read_nothing(string engine)
    {
        using LoopbackPair pair = await LoopbackPair.ConnectAsync();
        using IPeerSocket reader = On(engine, pair.Accepting);
        for (byte round = 0; round < 3; round++)
        {
            using var patience = new CancellationTokenSource();
            Task<bool> waiting = reader.WaitReadableAsync(patience.Token).AsTask();
            Assert.False(waiting.IsCompleted);
            await patience.CancelAsync();
            Assert.False(await waiting.Limited());

            await pair.Connecting.SendAsync(new[] { round });
            Assert.True(await reader.WaitReadableAsync().Limited());
            byte[] read = new byte[8];
            Assert.Equal(1, await reader.ReadAsync(read).Limited());
            Assert.Equal(round, read[0]);
        }
    }

    // The end comes with the data, in one event.
    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Data_and_end_at_once_are_both_seen(string engine)
    {
        using LoopbackPair pair = await LoopbackPair.ConnectAsync();
        using IPeerSocket reader = On(engine, pair.Accepting);
        Task waiting = reader.WaitReadableAsync().AsTask();
        await pair.Connecting.SendAsync("x"u8.ToArray());
        pair.Connecting.Shutdown(SocketShutdown.Send);
        await waiting.Limited();
        Assert.Equal(1, await reader.ReadAsync(new byte[8]).Limited());
        await reader.WaitReadableAsync().Limited();
        Assert.Equal(0, await reader.ReadAsync(new byte[8]).Limited());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task What_was_written_before_the_end_arrives_and_who_is_cut_short_is_reset(string engine)
    {
        using LoopbackPair pair = await LoopbackPair.ConnectAsync();
        IPeerSocket writer = On(engine, pair.Connecting);
        await writer.WriteAsync("bye"u8.ToArray());
        writer.Dispose();
        byte[] read = new byte[8];
        Assert.Equal(3, await pair.Accepting.ReceiveAsync(read).Limited());
        Assert.Equal(0, await pair.Accepting.ReceiveAsync(read).Limited());

        using LoopbackPair other = await LoopbackPair.ConnectAsync();
        IPeerSocket reader = On(engine, other.Connecting);
        Task reading = reader.ReadAsync(new byte[1]).AsTask();
        reader.Dispose();
        await AssertGoneAsync(reading);
        await Assert.ThrowsAsync<SocketException>(() => other.Accepting.ReceiveAsync(read).Limited());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_reset_by_the_peer_is_the_same_exception(string engine)
    {
        using LoopbackPair pair = await LoopbackPair.ConnectAsync();
        using IPeerSocket reader = On(engine, pair.Accepting);
        Task reading = reader.ReadAsync(new byte[1]).AsTask();
        pair.Connecting.LingerState = new LingerOption(true, 0);
        pair.Connecting.Dispose();
        await AssertGoneAsync(reading);
        await AssertGoneAsync(reader.WriteAsync(new byte[1]).AsTask());
    }

    [Fact]
    public async Task A_client_that_is_disposed_already_is_the_same_exception()
    {
        using LoopbackPair pair = await LoopbackPair.ConnectAsync();
        AcceptedSocket accepted = pair.Accepting.AsAccepted(Timeouts);
        accepted.Dispose();
        Assert.Throws<PeerGoneException>(() => Loops.Adopt(accepted, Timeouts));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Another_socket_is_connected_or_says_why_not(string engine)
    {
        using LoopbackPair pair = await LoopbackPair.ConnectAsync();
        using IPeerSocket socket = On(engine, pair.Accepting);
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var address = (IPEndPoint)listener.LocalEndPoint!;
        SocketException refused = await Assert.ThrowsAsync<SocketException>(() => socket.Loop.ConnectAsync(address, Timeouts, CancellationToken.None).Limited());
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);

        listener.Listen(1);
        using IPeerSocket another = await socket.Loop.ConnectAsync(address, Timeouts, CancellationToken.None).Limited();
        Assert.Equal(address, another.RemoteEndPoint);
        using Socket accepted = await listener.AcceptAsync();
        await another.WriteAsync("x"u8.ToArray()).Limited();
        Assert.Equal(1, await accepted.ReceiveAsync(new byte[8]).Limited());
    }

    // The number of a closed descriptor is the next connection's: who still used it would read and write there.
    [Fact]
    public async Task The_descriptor_is_kept_when_it_is_aborted_and_closed_once_when_it_is_disposed()
    {
        using LoopbackPair pair = await LoopbackPair.ConnectAsync();
        IPeerSocket socket = On("epoll", pair.Accepting);
        string descriptor = $"/proc/self/fd/{pair.Accepting.Handle}";
        string? inode = new FileInfo(descriptor).LinkTarget;
        Assert.StartsWith("socket:", inode, StringComparison.Ordinal);

        socket.Abort();
        Assert.Equal(inode, new FileInfo(descriptor).LinkTarget);

        socket.Dispose();
        Assert.NotEqual(inode, new FileInfo(descriptor).LinkTarget);
        using LoopbackPair others = await LoopbackPair.ConnectAsync();
        socket.Dispose();
        socket.Abort();
        await others.Connecting.SendAsync("x"u8.ToArray());
        Assert.Equal(1, await others.Accepting.ReceiveAsync(new byte[8]).Limited());
    }

    [Fact]
    public async Task What_an_event_wakes_runs_on_one_thread_for_both_sockets_and_after_a_turn()
    {
        using LoopbackPair pair = await LoopbackPair.ConnectAsync();
        using IPeerSocket first = On("epoll", pair.Accepting);
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        using IPeerSocket second = await first.Loop.ConnectAsync((IPEndPoint)listener.LocalEndPoint!, Timeouts, CancellationToken.None);
        using Socket secondPeer = await listener.AcceptAsync();

        Task<string?> woken = ThreadAfterAsync(first);
        Task<string?> wokenToo = ThreadAfterAsync(second);
        await pair.Connecting.SendAsync("x"u8.ToArray());
        await secondPeer.SendAsync("x"u8.ToArray());
        Assert.StartsWith("Event loop", await woken.Limited(), StringComparison.Ordinal);
        Assert.Equal(await woken, await wokenToo.Limited());
        Assert.Equal(await woken, await TurnAsync(second).Limited());

        static async Task<string?> ThreadAfterAsync(IPeerSocket socket)
        {
            await socket.Loop.YieldAsync(LoopPriority.Relay);
            await socket.ReadAsync(new byte[1]).ConfigureAwait(false);
            return Thread.CurrentThread.Name;
        }

        static async Task<string?> TurnAsync(IPeerSocket socket)
        {
            await socket.Loop.YieldAsync(LoopPriority.Relay);
            return Thread.CurrentThread.Name;
        }
    }

    private static IPeerSocket On(string engine, Socket socket) => engine == "epoll" ? Loops.Adopt(socket.AsAccepted(Timeouts), Timeouts) : new AsyncSocket(socket, Timeouts);

    private static Task<PeerGoneException> AssertGoneAsync(Task operation) => Assert.ThrowsAsync<PeerGoneException>(() => operation.Limited());
}
