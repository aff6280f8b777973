using System.Net;
using System.Net.Sockets;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Sockets.Epoll;
using SshGateway.Ssh.Sockets.Native;
using SshGateway.Ssh.Transport;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.Sockets;

/// <summary>What a loop does besides the events of one socket.</summary>
public sealed class EventLoopTests
{
    // One loop's worth: Adopt goes round.
    private static readonly EventLoop Loop = new(0, TimeSpan.FromMicroseconds(100));

    private static readonly PeerTimeouts Timeouts = new(TimeSpan.FromMinutes(1));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_keystroke_waits_for_one_of_those_that_are_queued_and_not_for_all(bool areHandshakes)
    {
        LoopPriority purpose = areHandshakes ? LoopPriority.Handshake : LoopPriority.Relay;
        const int Queued = 100;
        using LoopbackPair pair = await LoopbackPair.ConnectAsync();
        using EpollSocket socket = EpollSocket.Adopt(pair.Accepting.AsAccepted(Timeouts), Loop, Timeouts);
        int done = 0;
        Task<int> doneAtRead = ReadAsync();
        using var begun = new ManualResetEventSlim();
        using var sent = new ManualResetEventSlim();
        Loop.Post(() =>
        {
            begun.Set();
            sent.Wait();
        }, purpose);
        for (int turn = 0; turn < Queued; turn++)
        {
            Loop.Post(() => done++, purpose);
        }
        Assert.True(begun.Wait(TimeSpan.FromSeconds(10)));
        await pair.Connecting.SendAsync(new byte[1]);
        sent.Set();
        Assert.InRange(await doneAtRead.Limited(), 0, 2);

        async Task<int> ReadAsync()
        {
            await socket.ReadAsync(new byte[1]).ConfigureAwait(false);
            return done;
        }
    }

    [Fact]
    public async Task Many_handshakes_do_not_hold_up_a_relay()
    {
        const int Queued = 100;
        int done = 0;
        var doneAtTurn = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        Loop.Post(
            () =>
            {
                for (int handshake = 0; handshake < Queued; handshake++)
                {
                    Loop.Post(() => done++, LoopPriority.Handshake);
                }
                Loop.Post(() => doneAtTurn.SetResult(done), LoopPriority.Relay);
            },
            LoopPriority.Relay);
        Assert.InRange(await doneAtTurn.Task.Limited(), 0, 1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Only_what_is_quick_is_computed_on_the_loop(bool isQuick)
    {
        using LoopbackPair pair = await LoopbackPair.ConnectAsync();
        using EpollSocket socket = EpollSocket.Adopt(pair.Accepting.AsAccepted(Timeouts), Loop, Timeouts);
        string? thread = await CryptoScheduler.RunAsync(socket.Loop, isQuick, () => Thread.CurrentThread.Name).Limited();
        Assert.Equal(isQuick, thread?.StartsWith("Event loop", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task Clients_are_accepted_as_they_come_and_those_that_wait_also_after_the_end()
    {
        var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen(8);
        EndPoint address = listening.LocalEndPoint!;
        using var listener = new EpollListener(listening, Loop);

        Task<AcceptedSocket?> accepting = listener.AcceptAsync().AsTask();
        using Socket first = Connect(address);
        using Socket second = Connect(address);
        using AcceptedSocket? firstAccepted = await accepting.Limited();
        using AcceptedSocket? secondAccepted = await listener.AcceptAsync().AsTask().Limited();
        Assert.Equal(first.LocalEndPoint, firstAccepted?.RemoteEndPoint);
        Assert.Equal(second.LocalEndPoint, secondAccepted?.RemoteEndPoint);

        accepting = listener.AcceptAsync().AsTask();
        listener.Stop();
        Assert.Null(await accepting.Limited());
        using Socket late = Connect(address);
        Assert.Null(await listener.AcceptAsync().AsTask().Limited());
        using AcceptedSocket? lateAccepted = listener.TryAccept();
        Assert.Equal(late.LocalEndPoint, lateAccepted?.RemoteEndPoint);
        Assert.Null(listener.TryAccept());
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task What_a_listener_accepts_has_its_address_and_the_settings_of_a_client(string from)
    {
        // netinet/tcp.h: TCP_NODELAY, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, TCP_USER_TIMEOUT.
        int[] options = [1, 4, 5, 6, 18];
        var listening = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
        listening.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        using EpollListener listener = new EventLoops(TimeSpan.Zero).Listen(listening, backlog: 8, new PeerTimeouts(TimeSpan.FromMinutes(3), TimeSpan.FromMinutes(5)));
        using Socket client = Connect(new IPEndPoint(IPAddress.Parse(from), ((IPEndPoint)listening.LocalEndPoint!).Port));

        using AcceptedSocket? accepted = await listener.AcceptAsync().AsTask().Limited();

        Assert.Equal(client.LocalEndPoint, accepted?.RemoteEndPoint);
        Assert.Equal([1, 60, 15, 16, 180_000], options.Select(option => SocketHandle.GetOption(accepted!.Handle, LibC.TcpLevel, option)));
        // SO_KEEPALIVE.
        Assert.Equal(1, SocketHandle.GetOption(accepted!.Handle, LibC.SocketLevel, 9));
    }

    private static Socket Connect(EndPoint address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(address);
        return socket;
    }
}
