namespace SshGateway.Ssh.Sockets.Epoll;

/// <summary>
/// Whether an event loop looks for events a little longer before it sleeps. To wake a thread of a core that sleeps takes tens of microseconds, on a virtual machine
/// more than all that is done for a keystroke; where the next event is never far, as in a dialogue of short messages, that is most of what a relay adds. So it is
/// tried for as long as events do come, and where they do not, more and more seldom.
/// </summary>
/// <param name="limit">How long at a time; zero: not at all.</param>
internal sealed class BusyPoll(TimeSpan limit)
{
    private const int MaxPause = 256;

    private int _pause;
    private int _left;

    /// <summary>How long at a time.</summary>
    public TimeSpan Limit => limit;

    /// <summary>Whether it is time for another attempt. To be asked once before each sleep.</summary>
    public bool IsDue() => limit > TimeSpan.Zero && --_left < 0;

    /// <summary>Whether an event came in time.</summary>
    public void Ended(bool rewarded)
    {
        _pause = rewarded ? 0 : Math.Clamp(2 * _pause, 1, MaxPause);
        _left = _pause;
    }
}
