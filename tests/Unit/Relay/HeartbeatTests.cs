using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Relay;

/// <summary>UNIMPLEMENTED shows that its sender is alive, and the other peer may wait for such a sign.</summary>
public sealed class HeartbeatTests
{
    // TinySSH before 20260906 and libssh 0.7 answer keepalive@openssh.com with it (janmojzis/tinyssh#86,
    // CESNET/netopeer2#563). Any packet resets the keepalive counters of ssh and sshd.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task UNIMPLEMENTED_of_one_peer_is_a_sign_of_life_for_the_other(bool isPod)
    {
        await using BridgeRig rig = await BridgeRig.StartAsync();
        SshTransport answering = isPod ? rig.PodPeer : rig.ClientPeer;
        SshTransport asking = isPod ? rig.ClientPeer : rig.PodPeer;
        SshWriter keepalive =
            SshWriter.Message(MessageNumber.GlobalRequest).WriteString("keepalive@openssh.com").WriteBoolean(true);
        await asking.Output.SendAsync(keepalive.ToArray()).Limited();
        uint sequence = (await answering.ReceiveAsync().Limited()).Sequence;
        // What comes before the first message, such as EXT_INFO, is not counted.
        await answering.Output.SendAsync(new byte[] { 94 }).Limited();
        await asking.ReceiveAsync().Limited();
        long before = asking.Input.PacketsUnderKeys;

        await answering.SendUnimplementedAsync(sequence).Limited();
        await answering.Output.SendAsync(new byte[] { 94 }).Limited();

        // The reader drops an IGNORE, and counts it.
        Assert.Equal(94, (await asking.ReceiveAsync().Limited()).Number);
        Assert.Equal(before + 2, asking.Input.PacketsUnderKeys);
    }
}
