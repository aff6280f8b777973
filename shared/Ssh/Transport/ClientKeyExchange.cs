using System.Text;
using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.KeyExchange;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Transport;

/// <summary>The client's side of key exchanges, on the pod leg.</summary>
internal sealed class ClientKeyExchange(SshTransport transport, KexOffer offer, Func<PresentedKey, bool> acceptHostKey, RekeyLimits limits, TimeProvider time)
    : TransportKeyExchange(transport, offer, limits, time)
{
    // Null once it was asked: it refers to what only the login needs.
    private Func<PresentedKey, bool>? _acceptHostKey = acceptHostKey;
    private ReadOnlyMemory<byte> _hostKey;

    public override string OwnIdentification { get; set; } = Identification.Other;

    protected override bool IsServer => false;

    protected override IReadOnlyList<string> Markers => [ExtensionMarker.ExtInfoClient, ExtensionMarker.StrictClient];

    protected override string PeerStrictMarker => ExtensionMarker.StrictServer;

    //  byte      SSH_MSG_KEX_ECDH_INIT
    //  string    Q_C (or mpint e)
    protected override async ValueTask OnNegotiatedAsync(KexRun run)
    {
        run.Exchange = run.Negotiation!.Kex.Start();
        run.Initiation = await CryptoScheduler.RunAsync(Loop, run.Negotiation.Kex.IsQuick, run.Exchange.Initiate).ConfigureAwait(false);
        await Output.SendControlAsync(SshWriter.Message(MessageNumber.KexEcdhInit).WriteString(run.Initiation).ToArray()).ConfigureAwait(false);
    }

    protected override async ValueTask OnMethodMessageAsync(KexRun run, InboundPacket packet)
    {
        if (packet.Number != MessageNumber.KexEcdhReply)
        {
            throw new SshProtocolException($"unexpected key exchange message {packet.Number}");
        }
        var reader = new SshReader(packet.Payload[1..]);
        byte[] hostKeyBlob = reader.ReadString().ToArray();
        byte[] serverValue = reader.ReadString().ToArray();
        byte[] signature = reader.ReadString().ToArray();
        reader.End();
        PublicKeyAlgorithm algorithm = PublicKeyAlgorithm.Find(Encoding.ASCII.GetBytes(run.Negotiation!.HostKeyAlgorithm))!;
        KeyDerivation keys = await CryptoScheduler.RunAsync(Loop, run.Negotiation.Kex.IsQuick && algorithm.Signature.IsQuick, () =>
        {
            PresentedKey hostKey = PresentedKey.Parse(algorithm, hostKeyBlob);
            byte[] sharedSecret = run.Exchange!.Complete(serverValue);
            byte[] hash = ExchangeHash.Compute(
                run.Negotiation.Kex.Hash, TranscriptOf(run), hostKeyBlob, run.Initiation, serverValue, sharedSecret);
            if (!SignatureVerifier.Verify(hostKey.Key, algorithm.Signature, signature, hash))
            {
                throw new KeyExchangeException("the host key's signature is wrong");
            }
            CheckHostKey(hostKey);
            return DeriveKeys(run, sharedSecret, hash);
        }).ConfigureAwait(false);
        await SendNewKeysAsync(run, keys, before: null).ConfigureAwait(false);
    }

    protected override byte[]? AfterFirstNewKeys(KexInitMessage peerInit) =>
        SshWriter.Message(MessageNumber.ServiceRequest).WriteString("ssh-userauth").ToArray();

    // A key exchange later in the session must be signed by the same key: the policy was asked about that one. A
    // certificate may have expired meanwhile.
    private void CheckHostKey(PresentedKey hostKey)
    {
        if (_acceptHostKey is { } accept)
        {
            if (!accept(hostKey))
            {
                throw new SshProtocolException(DisconnectReason.HostKeyNotVerifiable, "the pod's host key is not accepted");
            }
            _hostKey = hostKey.Key.Blob;
            _acceptHostKey = null;
        }
        else if (!hostKey.Key.Blob.Span.SequenceEqual(_hostKey.Span))
        {
            throw new SshProtocolException(DisconnectReason.HostKeyNotVerifiable, "the pod's host key changed during the session");
        }
    }
}
