using System.Text;
using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.KeyExchange;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Transport;

/// <summary>
/// The transport to the pod's sshd, where the gateway is the client. Before authentication it has no limits that
/// OpenSSH's client does not have: the time of the login is bounded, and only a client that has proved its key brings a
/// pod to speak.
/// </summary>
internal sealed class SshClientTransport : SshTransport
{
    private readonly ClientKeyExchange _keyExchange;

    /// <param name="acceptHostKey">Whether the pod may have this host key. Called once its signature is verified,
    /// before anything secret is sent.</param>
    /// <param name="rekeyLimits">When we start a key exchange.</param>
    public SshClientTransport(IPeerSocket socket, KexOffer offer, Func<PresentedKey, bool> acceptHostKey, RekeyLimits rekeyLimits, TimeProvider time) : base(socket, time)
    {
        _keyExchange = new ClientKeyExchange(this, offer, acceptHostKey, rekeyLimits, time);
        Input.AllowLargePackets();
    }

    /// <summary>
    /// The signature algorithms that the pod's sshd takes (RFC 8308 section 3.1); null: not said, or logged in.
    /// </summary>
    public IReadOnlyList<string>? ServerSignatureAlgorithms { get; private set; }

    /// <summary>Our identification line.</summary>
    public string OwnIdentification
    {
        get => _keyExchange.OwnIdentification;
        init => _keyExchange.OwnIdentification = value;
    }

    protected override TransportKeyExchange KeyExchange => _keyExchange;

    protected override int LinesBeforeIdentification => Identification.MaxPrecedingLines;

    protected override int MaxLineLength => Identification.MaxServerLength;

    protected override int TransportMessagesBeforeAuthentication => int.MaxValue;

    public override void EnterRelaying()
    {
        base.EnterRelaying();
        ServerSignatureAlgorithms = null;
    }

    //  byte      SSH_MSG_EXT_INFO
    //  uint32    number of extensions
    //  string    name   } for each
    //  string    value  }
    protected override void OnExtensions(ReadOnlySpan<byte> message)
    {
        var reader = new SshReader(message[1..]);
        for (uint left = reader.ReadUInt32(); left > 0; left--)
        {
            bool isOurs = reader.ReadString().SequenceEqual("server-sig-algs"u8);
            ReadOnlySpan<byte> value = reader.ReadString();
            if (isOurs)
            {
                ServerSignatureAlgorithms = Encoding.Latin1.GetString(value).Split(',', StringSplitOptions.RemoveEmptyEntries);
            }
        }
        reader.End();
    }
}
