using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.Transport;

public sealed class LegDisconnectTests
{
    [Fact]
    public async Task The_peer_reads_reason_and_sentence_and_then_the_end()
    {
        await using LegPair pair = await LegPair.ConnectAsync();
        await pair.HandshakeAsync();
        await pair.Server.DisconnectAsync(DisconnectReason.TooManyConnections, "Enough.");
        PeerDisconnectedException told = await Assert.ThrowsAsync<PeerDisconnectedException>(() => pair.Client.ReceiveAsync().Limited());
        Assert.Equal(12u, told.Reason);
        Assert.Equal("Enough.", told.Description);
        await Assert.ThrowsAsync<PeerGoneException>(() => pair.Client.ReceiveAsync().Limited());
    }

    [Fact]
    public async Task A_peer_that_does_not_read_is_not_waited_for()
    {
        await using LegPair pair = await LegPair.ConnectAsync();
        await pair.HandshakeAsync();
        // Until the buffers on the way are full, and the writer is stuck with the batch open.
        Task stuck = SendUntilStuckAsync(pair.Server);
        await pair.Server.DisconnectAsync(DisconnectReason.ByApplication, "never read").Limited();
        await Assert.ThrowsAnyAsync<Exception>(() => stuck.Limited());
        await Assert.ThrowsAnyAsync<Exception>(() => pair.Server.Output.SendAsync(new byte[] { 94 }).Limited());

        static async Task SendUntilStuckAsync(SshTransport leg)
        {
            while (true)
            {
                await leg.Output.SendAsync(new byte[30_000]);
            }
        }
    }

    [Fact]
    public async Task A_peer_that_is_gone_does_no_harm()
    {
        await using LegPair pair = await LegPair.ConnectAsync();
        await pair.HandshakeAsync();
        pair.Client.Abort();
        await Assert.ThrowsAnyAsync<Exception>(() => pair.Server.ReceiveAsync().Limited());
        await pair.Server.DisconnectAsync(DisconnectReason.ByApplication, "x").Limited();
        pair.Server.Abort();
        await pair.Server.DisconnectAsync(DisconnectReason.ByApplication, "x").Limited();
    }
}
