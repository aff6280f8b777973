using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;

namespace SshGateway.Proxy.Relay;

/// <summary>
/// The client's global requests (RFC 4254 section 4), of which the gateway answers one itself: for proof of its host
/// keys. Replies bear no id, the order says which request they belong to; so a reply of ours waits until the pod has
/// answered what the client asked before.
/// </summary>
internal sealed class GlobalRequests(SshServerTransport clientLeg)
{
    // A client asks once for each announcement, and there is one.
    private const int MaxProofs = 8;

    private readonly Lock _lock = new();
    private readonly Queue<(long After, byte[] Reply)> _due = new();
    private long _asked;
    private long _answered;
    private int _proofs;

    /// <summary>What becomes of a message of the client's.</summary>
    public Disposition FromClient(in InboundPacket packet)
    {
        if (packet.Number != MessageNumber.GlobalRequest || !TryRead(packet.Payload, out ReadOnlySpan<byte> name, out bool wantsReply))
        {
            return RelayRules.FromClient(packet);
        }
        // OpenSSH accepts a NUL at the end of a name (sshbuf_get_cstring).
        if ((name is [.., 0] ? name[..^1] : name).SequenceEqual(HostKeyRotation.ProofRequest))
        {
            return Disposition.Answer;
        }
        if (wantsReply)
        {
            lock (_lock)
            {
                _asked++;
            }
        }
        return Disposition.Relay;
    }

    /// <summary>What becomes of a message of the pod's.</summary>
    public Disposition FromPod(in InboundPacket packet)
    {
        if (packet.Number is not (MessageNumber.RequestSuccess or MessageNumber.RequestFailure))
        {
            return RelayRules.FromPod(packet);
        }
        lock (_lock)
        {
            // A reply to nothing that was asked must not be counted as one.
            return _answered < _asked ? Disposition.RelayThenAnswer : Disposition.Relay;
        }
    }

    /// <summary>Answers a request for proof when its turn comes. Called by the client's pump: must not wait.</summary>
    /// <exception cref="SshProtocolException">There were too many.</exception>
    public async ValueTask AnswerClientAsync(InboundPacket packet)
    {
        if (++_proofs > MaxProofs)
        {
            throw new SshProtocolException("too many requests for proof of the host keys");
        }
        byte[] request = packet.Payload.ToArray();
        byte[]? reply = await CryptoScheduler.RunAsync(
            clientLeg.Socket.Loop,
            isQuick: false,
            () => HostKeyRotation.Prove(request, clientLeg.HostKeys, clientLeg.HostKeyAlgorithm, clientLeg.SshSessionId)).ConfigureAwait(false);
        if (reply is null)
        {
            return;
        }
        lock (_lock)
        {
            if (_answered != _asked || _due.Count > 0)
            {
                _due.Enqueue((_asked, reply));
                return;
            }
        }
        await clientLeg.Output.SendReplyAsync(reply).ConfigureAwait(false);
    }

    /// <summary>
    /// A reply of the pod's is on its way, and what comes behind it follows. The pod's pump calls it; what it sends
    /// stays in the queue until it is sent, so that the client's pump does not overtake it.
    /// </summary>
    public async ValueTask ContinueAsync()
    {
        lock (_lock)
        {
            _answered++;
        }
        while (NextDue() is { } reply)
        {
            await clientLeg.Output.SendAsync(reply).ConfigureAwait(false);
            lock (_lock)
            {
                _due.Dequeue();
            }
        }
    }

    private byte[]? NextDue()
    {
        lock (_lock)
        {
            return _due.TryPeek(out (long After, byte[] Reply) next) && next.After == _answered ? next.Reply : null;
        }
    }

    //  byte      SSH_MSG_GLOBAL_REQUEST
    //  string    name
    //  boolean   want reply
    // What is no such message is the pod's to judge.
    private static bool TryRead(ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> name, out bool wantsReply)
    {
        name = [];
        wantsReply = false;
        try
        {
            var reader = new SshReader(payload[1..]);
            name = reader.ReadString();
            wantsReply = reader.ReadBoolean();
            return true;
        }
        catch (SshFormatException)
        {
            return false;
        }
    }
}
