namespace SshGateway.Exec.Channels;

/// <summary>
/// How much the client may send on a channel (RFC 4254 section 5.2). It grows back only by what was taken out of the
/// channel, so what waits in the channel never exceeds the window's size. Any thread.
/// </summary>
internal sealed class ReceiveWindow(int size)
{
    // So that a client on a slow line never waits for an adjustment, and each one is worth its packet.
    private readonly int _threshold = size / 4;

    private readonly Lock _lock = new();
    private int _open = size;
    private int _taken;
    private int _inserted;

    /// <summary>The client sends data. False: more than it was granted.</summary>
    public bool TryReceive(int count)
    {
        lock (_lock)
        {
            if (count > _open)
            {
                return false;
            }
            _open -= count;
            return true;
        }
    }

    /// <summary>A byte that the client has not sent waits with its data. False: there are as many as may.</summary>
    public bool TryInsert()
    {
        lock (_lock)
        {
            if (_inserted == ChannelLimits.MaxInserted)
            {
                return false;
            }
            _inserted++;
            return true;
        }
    }

    /// <summary>Data was taken out of the channel. Returns by how much to adjust the client's window now.</summary>
    public int Take(int count)
    {
        lock (_lock)
        {
            // Whether it was an inserted byte that was taken does not matter: in the end all are.
            int inserted = Math.Min(_inserted, count);
            _inserted -= inserted;
            _taken += count - inserted;
            if (_taken < _threshold || _taken == 0)
            {
                return 0;
            }
            int grant = _taken;
            _taken = 0;
            _open += grant;
            return grant;
        }
    }
}
