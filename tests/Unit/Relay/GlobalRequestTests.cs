using SshGateway.Proxy.Outcomes;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Ssh;

namespace SshGateway.Tests.Unit.Relay;

/// <summary>
/// Global requests that the gateway answers itself, among those that the pod answers: replies bear no id, so their
/// order is all there is.
/// </summary>
public sealed class GlobalRequestTests
{
    private static readonly byte[] Success = [MessageNumber.RequestSuccess, 0, 0, 0x12, 0x34];
    private static readonly byte[] Failure = [MessageNumber.RequestFailure];

    [Fact]
    public async Task Proof_of_the_host_keys_is_the_gateways_to_give()
    {
        await using BridgeRig rig = await BridgeRig.StartAsync();
        await SendAsync(rig.ClientPeer, Proof(rig, wantsReply: true));
        AssertProof(rig, await ReadAsync(rig.ClientPeer));
        await SendAsync(rig.ClientPeer, Proof(rig, wantsReply: false));
        await SendAsync(rig.ClientPeer, [MessageNumber.ChannelData, 1]);
        // The first that the pod hears.
        Assert.Equal([MessageNumber.ChannelData, 1], await ReadAsync(rig.PodPeer));
        await SendAsync(rig.PodPeer, [MessageNumber.ChannelData, 2]);
        Assert.Equal([MessageNumber.ChannelData, 2], await ReadAsync(rig.ClientPeer));
    }

    [Fact]
    public async Task A_reply_of_ours_waits_for_the_pods_earlier_ones_and_comes_before_its_later_ones()
    {
        await using BridgeRig rig = await BridgeRig.StartAsync();
        byte[][] asked = [Request("tcpip-forward", true), Request("unanswered@example.com", false), Request("keepalive@openssh.com", true)];
        foreach (byte[] request in asked)
        {
            await SendAsync(rig.ClientPeer, request);
        }
        await SendAsync(rig.ClientPeer, Proof(rig, wantsReply: true));
        byte[] later = Request("cancel-tcpip-forward", true);
        await SendAsync(rig.ClientPeer, later);
        foreach (byte[] request in asked.Append(later))
        {
            Assert.Equal(request, await ReadAsync(rig.PodPeer));
        }
        await SendAsync(rig.PodPeer, Success);
        await SendAsync(rig.PodPeer, [MessageNumber.ChannelData, 1]);
        await SendAsync(rig.PodPeer, Failure);
        await SendAsync(rig.PodPeer, [MessageNumber.ChannelData, 2]);
        await SendAsync(rig.PodPeer, Success);

        Assert.Equal(Success, await ReadAsync(rig.ClientPeer));
        Assert.Equal([MessageNumber.ChannelData, 1], await ReadAsync(rig.ClientPeer));
        Assert.Equal(Failure, await ReadAsync(rig.ClientPeer));
        AssertProof(rig, await ReadAsync(rig.ClientPeer));
        Assert.Equal([MessageNumber.ChannelData, 2], await ReadAsync(rig.ClientPeer));
        Assert.Equal(Success, await ReadAsync(rig.ClientPeer));
    }

    // Nothing but key exchange may leave between our KEXINIT and our NEWKEYS: a reply of ours is sent behind it, and
    // not lost.
    [Fact]
    public async Task A_reply_of_ours_survives_key_exchanges()
    {
        await using BridgeRig rig = await BridgeRig.StartAsync(new RekeyLimits(Bytes: 1));
        for (int i = 0; i < 4; i++)
        {
            await SendAsync(rig.ClientPeer, Request("keepalive@openssh.com", true));
            await SendAsync(rig.ClientPeer, Proof(rig, wantsReply: true));
            await SendAsync(rig.ClientPeer, Proof(rig, wantsReply: true));
            Assert.Equal(MessageNumber.GlobalRequest, (await ReadAsync(rig.PodPeer))[0]);
            await SendAsync(rig.PodPeer, Failure);
            Assert.Equal(Failure, await ReadAsync(rig.ClientPeer));
            AssertProof(rig, await ReadAsync(rig.ClientPeer));
            AssertProof(rig, await ReadAsync(rig.ClientPeer));
        }
    }

    // A reply to nothing: each side judges it itself, and it does not count as the answer to what the client asks next.
    [Fact]
    public async Task A_reply_that_nobody_asked_for_passes_and_does_not_count()
    {
        await using BridgeRig rig = await BridgeRig.StartAsync();
        await SendAsync(rig.PodPeer, Success);
        await SendAsync(rig.PodPeer, Failure);
        Assert.Equal(Success, await ReadAsync(rig.ClientPeer));
        Assert.Equal(Failure, await ReadAsync(rig.ClientPeer));
        await SendAsync(rig.ClientPeer, Request("keepalive@openssh.com", true));
        await SendAsync(rig.ClientPeer, Proof(rig, wantsReply: true));
        Assert.Equal(Request("keepalive@openssh.com", true), await ReadAsync(rig.PodPeer));
        await SendAsync(rig.PodPeer, Failure);
        Assert.Equal(Failure, await ReadAsync(rig.ClientPeer));
        AssertProof(rig, await ReadAsync(rig.ClientPeer));
        // The same from the client, where the gateway waits for nothing.
        await SendAsync(rig.ClientPeer, Success);
        Assert.Equal(Success, await ReadAsync(rig.PodPeer));
    }

    [Fact]
    public async Task Proof_without_end_is_not_given()
    {
        await using BridgeRig rig = await BridgeRig.StartAsync();
        for (int i = 0; i < 8; i++)
        {
            await SendAsync(rig.ClientPeer, Proof(rig, wantsReply: true));
            AssertProof(rig, await ReadAsync(rig.ClientPeer));
        }
        await SendAsync(rig.ClientPeer, Proof(rig, wantsReply: true));
        PeerDisconnectedException told = await Assert.ThrowsAsync<PeerDisconnectedException>(() => ReadAsync(rig.ClientPeer));
        Assert.Contains("too many requests", told.Description, StringComparison.Ordinal);
        rig.ClientPeer.Abort();
        rig.PodPeer.Abort();
        Assert.Equal(ConnectionEnd.ClientProtocolError, (await rig.Running.Limited()).End);
    }

    private static byte[] Request(string name, bool wantsReply) => SshWriter.Message(MessageNumber.GlobalRequest).WriteString(name).WriteBoolean(wantsReply).ToArray();

    private static byte[] Proof(BridgeRig rig, bool wantsReply) =>
        [.. Request("hostkeys-prove-00@openssh.com", wantsReply), .. new SshWriter().WriteString(rig.SshServerTransport.HostKeys.PublicKeys.Single().Blob.Span).ToArray()];

    private static void AssertProof(BridgeRig rig, byte[] reply)
    {
        SshPublicKey key = rig.SshServerTransport.HostKeys.PublicKeys.Single();
        var reader = new SshReader(reply);
        Assert.Equal(MessageNumber.RequestSuccess, reader.ReadByte());
        byte[] signature = reader.ReadString().ToArray();
        reader.End();
        byte[] signed = new SshWriter().WriteString("hostkeys-prove-00@openssh.com").WriteString(rig.ClientPeer.SshSessionId).WriteString(key.Blob.Span).ToArray();
        Assert.True(SignatureVerifier.Verify(key, SignatureAlgorithm.OfKeyType(key.Type).First(), signature, signed));
    }

    private static async Task SendAsync(SshTransport leg, byte[] message) => await leg.Output.SendAsync(message).Limited();

    private static async Task<byte[]> ReadAsync(SshTransport leg) => (await leg.ReceiveAsync().Limited()).Payload.ToArray();
}
