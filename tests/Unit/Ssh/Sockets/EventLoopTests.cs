using System.Net;
using System.Net.Sockets;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Sockets.Epoll;
using SshGateway.Ssh.Transport;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.Sockets;

/// <summary>What a loop does besides the events of one socket.</summary>
public sealed class EventLoopTests
{
    // One loop's worth: Adopt goes round.
    private static readonly EventLoop Loop = new(0, TimeSpan.FromMicroseconds(100));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_keystroke_waits_for_one_of_those_that_are_queued_and_not_for_all(bool areHandshakes)
    {
        LoopPriority purpose = areHandshakes ? LoopPriority.Handshake : LoopPriority.Relay;
        const int Queued = 100;
        using LoopbackPair pair = await LoopbackPair.ConnectAsync();
        using EpollSocket socket = EpollSocket.Adopt(pair.Accepting, Loop, new PeerTimeouts(TimeSpan.FromMinutes(1)));
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
        using EpollSocket socket = EpollSocket.Adopt(pair.Accepting, Loop, new PeerTimeouts(TimeSpan.FromMinutes(1)));
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

        Task<Socket?> accepting = listener.AcceptAsync().AsTask();
        using Socket first = Connect(address);
        using Socket second = Connect(address);
        using Socket? firstAccepted = await accepting.Limited();
        using Socket? secondAccepted = await listener.AcceptAsync().AsTask().Limited();
        Assert.Equal(first.LocalEndPoint, firstAccepted?.RemoteEndPoint);
        Assert.Equal(second.LocalEndPoint, secondAccepted?.RemoteEndPoint);

        accepting = listener.AcceptAsync().AsTask();
        listener.Stop();
        Assert.Null(await accepting.Limited());
        using Socket late = Connect(address);
        Assert.Null(await listener.AcceptAsync().AsTask().Limited());
        using Socket? lateAccepted = listener.TryAccept();
        Assert.Equal(late.LocalEndPoint, lateAccepted?.RemoteEndPoint);
        Assert.Null(listener.TryAccept());
    }

    private static Socket Connect(EndPoint address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(address);
        return socket;
    }
}
