namespace SshGateway.Exec.Channels;

/// <summary>
/// The sizes of a connection's windows. The first channels get large ones; a client that opens many more gets small
/// ones, so that all of them together hold little even if nothing takes what is in them.
/// </summary>
internal sealed class WindowBudget
{
    private readonly Lock _lock = new();
    private int _taken;

    public int Take()
    {
        lock (_lock)
        {
            int size = _taken + ChannelLimits.Window <= ChannelLimits.WindowBudget ? ChannelLimits.Window : ChannelLimits.SmallWindow;
            _taken += size;
            return size;
        }
    }

    public void Return(int size)
    {
        lock (_lock)
        {
            _taken -= size;
        }
    }
}
