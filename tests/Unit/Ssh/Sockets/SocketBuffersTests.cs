using System.Globalization;
using System.Net;
using System.Net.Sockets;
using SshGateway.Ssh.Sockets;
using SshGateway.Tests.Support.Ssh;

namespace SshGateway.Tests.Unit.Ssh.Sockets;

/// <summary>The buffers that the kernel has given to real sockets.</summary>
public sealed class SocketBuffersTests
{
    private const int Transferred = 64 << 20;

    [Fact]
    public async Task A_window_above_the_systems_limit_is_granted_and_stays() => await AssertWindowAsync((int)(SystemLimit() + (64 << 10)));

    [Fact]
    public async Task A_window_below_the_systems_limit_is_granted_and_stays() => await AssertWindowAsync(64 << 10);

    // The kernel makes the buffer of a connection that is read fast larger and larger, unless it is told not to.
    private static async Task AssertWindowAsync(int window)
    {
        Assert.Equal(window, SocketBuffers.FindGranted(window));
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        SocketBuffers.Limit(listener.SafeHandle, window);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await peer.ConnectAsync(listener.LocalEndPoint!).Limited();
        using Socket accepted = await listener.AcceptAsync().Limited();

        Task<int> sent = peer.SendAsync(new byte[Transferred]);
        byte[] buffer = new byte[1 << 20];
        for (int left = Transferred; left > 0;)
        {
            left -= await accepted.ReceiveAsync(buffer).Limited();
        }
        await sent.Limited();

        Assert.Equal(2 * window, accepted.ReceiveBufferSize);
    }

    private static long SystemLimit() => long.Parse(File.ReadAllText("/proc/sys/net/core/rmem_max"), CultureInfo.InvariantCulture);
}
