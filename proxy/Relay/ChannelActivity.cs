using SshGateway.Ssh.Wire;

namespace SshGateway.Proxy.Relay;

/// <summary>
/// How long a connection has been idle. The pumps only leave a mark, so that a packet costs no look at the clock;
/// whoever reviews the connection from time to time reads the clock for them.
/// </summary>
internal sealed class ChannelActivity(TimeProvider time)
{
    private long _lastAt = time.GetTimestamp();
    private volatile bool _marked;

    /// <summary>
    /// Whether a message says that somebody uses the connection: a channel is opened, or carries data. Requests do not:
    /// OpenSSH's keepalives are global requests and channel requests (keepalive@openssh.com), and window adjustments
    /// and closes only follow data.
    /// </summary>
    public static bool CountsAsUse(byte messageNumber) =>
        messageNumber is MessageNumber.ChannelOpen or MessageNumber.ChannelData or MessageNumber.ChannelExtendedData;

    public void Mark()
    {
        // Two pumps on two cores would otherwise take the line from each other at every packet.
        if (!_marked)
        {
            _marked = true;
        }
    }

    /// <summary>How long ago the last use was, to the grain of the calls.</summary>
    public TimeSpan Review()
    {
        if (_marked)
        {
            _marked = false;
            _lastAt = time.GetTimestamp();
        }
        return time.GetElapsedTime(_lastAt);
    }
}
