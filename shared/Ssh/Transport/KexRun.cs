using SshGateway.Ssh.KeyExchange;

namespace SshGateway.Ssh.Transport;

/// <summary>One key exchange of a leg, from the first KEXINIT of either side to the last NEWKEYS.</summary>
internal sealed class KexRun : IDisposable
{
    /// <summary>Payload of our KEXINIT, once it is sent.</summary>
    public byte[]? OwnInit { get; set; }

    /// <summary>Payload of the peer's KEXINIT, once it has come.</summary>
    public byte[]? PeerInit { get; set; }

    /// <summary>What both agreed on.</summary>
    public Negotiation? Negotiation { get; set; }

    /// <summary>The method's state, for the side that initiates it.</summary>
    public IKeyExchange? Exchange { get; set; }

    /// <summary>What was sent as the method's first message.</summary>
    public byte[]? Initiation { get; set; }

    /// <summary>The new keys, once the method is done and our NEWKEYS sent.</summary>
    public KeyDerivation? Keys { get; set; }

    /// <summary>The next packet of the method is a wrong guess and to be dropped.</summary>
    public bool IgnoreNext { get; set; }

    /// <summary>Ends the leg when the peer does not go on.</summary>
    public ITimer? Timeout { get; set; }

    /// <summary>How often the timeout was put off.</summary>
    public int HoldUps { get; set; }

    public void Dispose()
    {
        Exchange?.Dispose();
        Keys?.Dispose();
        Timeout?.Dispose();
    }
}
