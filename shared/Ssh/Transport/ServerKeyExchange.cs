using SshGateway.Ssh.KeyExchange;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Transport;

/// <summary>The server's side of key exchanges, on the client leg.</summary>
internal sealed class ServerKeyExchange(SshTransport transport, KexOffer offer, HostKeySet hostKeys, RekeyLimits limits, TimeProvider time)
    : TransportKeyExchange(transport, offer, limits, time)
{
    /// <summary>The host key or certificate shown in the first exchange: what hostbound requests name.</summary>
    public ReadOnlyMemory<byte> HostKey { get; private set; }

    /// <summary>The signature algorithm of the last exchange.</summary>
    public string HostKeyAlgorithm { get; private set; } = "";

    public override string OwnIdentification { get; set; } = Identification.OpenSsh;

    protected override bool IsServer => true;

    protected override IReadOnlyList<string> Markers => [ExtensionMarker.StrictServer];

    protected override string PeerStrictMarker => ExtensionMarker.StrictClient;

    // The client speaks first.
    protected override ValueTask OnNegotiatedAsync(KexRun run) => ValueTask.CompletedTask;

    //  byte      SSH_MSG_KEX_ECDH_REPLY
    //  string    K_S, host key
    //  string    Q_S (or mpint f)
    //  string    signature over H
    protected override async ValueTask OnMethodMessageAsync(KexRun run, InboundPacket packet)
    {
        if (packet.Number != MessageNumber.KexEcdhInit)
        {
            throw new SshProtocolException($"unexpected key exchange message {packet.Number}");
        }
        var reader = new SshReader(packet.Payload[1..]);
        byte[] clientValue = reader.ReadString().ToArray();
        reader.End();

        (SshPrivateKey hostKey, SignatureAlgorithm algorithm, ReadOnlyMemory<byte> hostKeyBlob) =
            hostKeys.Find(run.Negotiation!.HostKeyAlgorithm);
        (byte[] reply, KeyDerivation keys) = await CryptoScheduler.RunAsync(Loop, run.Negotiation.Kex.IsQuick && algorithm.IsQuick, () =>
        {
            using IKeyExchange exchange = run.Negotiation.Kex.Start();
            (byte[] serverValue, byte[] sharedSecret) = exchange.Respond(clientValue);
            byte[] hash = ExchangeHash.Compute(run.Negotiation.Kex.Hash, TranscriptOf(run), hostKeyBlob.Span, clientValue, serverValue, sharedSecret);
            byte[] message = SshWriter.Message(MessageNumber.KexEcdhReply)
                .WriteString(hostKeyBlob.Span)
                .WriteString(serverValue)
                .WriteString(hostKey.Sign(algorithm, hash))
                .ToArray();
            return (message, DeriveKeys(run, sharedSecret, hash));
        }).ConfigureAwait(false);
        HostKeyAlgorithm = algorithm.Name;
        HostKey = HostKey.IsEmpty ? hostKeyBlob : HostKey;
        await SendNewKeysAsync(run, keys, reply).ConfigureAwait(false);
    }

    // RFC 8308 section 2.4: EXT_INFO directly after our first NEWKEYS, to clients that asked. Clients honour hostbound
    // and ping only there. Only what the gateway itself does is listed; agent-forward is not: it would make new clients
    // use what older pods lack.
    protected override byte[]? AfterFirstNewKeys(KexInitMessage peerInit) =>
        peerInit.KexAlgorithms.Contains(ExtensionMarker.ExtInfoClient)
            ? SshWriter.Message(MessageNumber.ExtInfo)
                .WriteUInt32(3)
                .WriteString("server-sig-algs").WriteNameList(SignatureAlgorithm.Verified.Select(algorithm => algorithm.Name))
                .WriteString("publickey-hostbound@openssh.com").WriteString("0")
                .WriteString("ping@openssh.com").WriteString("0")
                .ToArray()
            : null;
}
