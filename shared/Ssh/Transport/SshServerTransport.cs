using SshGateway.Ssh.KeyExchange;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Sockets;

namespace SshGateway.Ssh.Transport;

/// <summary>The transport to the client, where the gateway is the server.</summary>
internal sealed class SshServerTransport : SshTransport
{
    private readonly ServerKeyExchange _keyExchange;

    public SshServerTransport(IPeerSocket socket, KexOffer offer, HostKeySet hostKeys, RekeyLimits rekeyLimits, TimeProvider time) : base(socket, time)
    {
        HostKeys = hostKeys;
        _keyExchange = new ServerKeyExchange(this, offer with { HostKeyAlgorithms = hostKeys.Algorithms }, hostKeys, rekeyLimits, time);
    }

    /// <summary>The gateway's host keys, the same for the whole connection.</summary>
    public HostKeySet HostKeys { get; }

    /// <inheritdoc cref="ServerKeyExchange.HostKeyAlgorithm"/>
    public string HostKeyAlgorithm => _keyExchange.HostKeyAlgorithm;

    /// <inheritdoc cref="ServerKeyExchange.HostKey"/>
    public ReadOnlyMemory<byte> HostKey => _keyExchange.HostKey;

    protected override TransportKeyExchange KeyExchange => _keyExchange;

    // RFC 4253 section 4.2: only a server may send other lines first.
    protected override int LinesBeforeIdentification => 0;

    protected override int MaxLineLength => Identification.MaxClientLength;

    protected override int TransportMessagesBeforeAuthentication => 256;
}
