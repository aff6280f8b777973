using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Sockets.Epoll;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.Sockets;

/// <summary>The end of a connection whose peer neither reads nor closes.</summary>
public sealed class LingeringCloseTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nobody_reads_on_when_the_peer_has_had_its_time(bool sends)
    {
        var time = new ManualTimeProvider();
        using LoopbackPair sockets = await LoopbackPair.ConnectAsync();
        var timeouts = new PeerTimeouts(TimeSpan.FromMinutes(10));
        using IPeerSocket socket = new EventLoops(TimeSpan.Zero).Adopt(sockets.Accepting.AsAccepted(timeouts), timeouts);
        Task closing = sends ? LingeringClose.SendAsync(socket, new byte[] { 1 }, Patience, time) : LingeringClose.DrainAsync(socket, Patience, time);

        time.Advance(Patience);

        await closing.Limited();
        // A read that was left to itself would use a descriptor that may be another connection's by then.
        await Assert.ThrowsAsync<PeerGoneException>(async () => await socket.ReadAsync(new byte[1]).AsTask().Limited());
    }
}
