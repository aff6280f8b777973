using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Transport;

/// <summary>How many key exchanges a peer may start: each costs us 0.1 to 4 ms, and the peer two packets.</summary>
/// <remarks>
/// Before authentication one, and OpenSSH starts none there. Afterwards OpenSSH starts them by data and by time
/// (RekeyLimit, ssh_config(5)): <c>RekeyLimit 16K 1s</c> stays within what is allowed here at any speed, and smaller
/// limits for as long as packets carry more than a few bytes.
/// </remarks>
internal sealed class KexAllowance(TimeProvider time)
{
    /// <summary>Key exchanges that the peer may start at once.</summary>
    public const int Burst = 32;

    /// <summary>Bytes on the leg, in both directions together, that allow one more.</summary>
    public const int BytesForOne = 8 * 1024;

    /// <summary>How many more time alone allows.</summary>
    public const int PerSecond = 2;

    private double _left = 1;
    private long _last;
    private bool _isAuthenticated;

    /// <summary>Both sides are authenticated.</summary>
    public void Authenticated()
    {
        _isAuthenticated = true;
        _left = Burst;
        _last = time.GetTimestamp();
    }

    /// <summary>The peer starts one.</summary>
    /// <param name="bytesSinceLast">What went over the leg, in both directions, since the last one.</param>
    /// <exception cref="SshProtocolException">That is one too many.</exception>
    public void Take(long bytesSinceLast)
    {
        if (_isAuthenticated)
        {
            long now = time.GetTimestamp();
            double earned = (PerSecond * time.GetElapsedTime(_last, now).TotalSeconds) + ((double)bytesSinceLast / BytesForOne);
            _left = Math.Min(Burst, _left + earned);
            _last = now;
        }
        if (_left < 1)
        {
            throw new SshProtocolException(_isAuthenticated
                ? $"too many key exchanges: more than {PerSecond} a second and one per {BytesForOne / 1024} KiB of data"
                : "too many key exchanges before authentication");
        }
        _left--;
    }
}
