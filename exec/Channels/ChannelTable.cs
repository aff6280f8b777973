using System.Diagnostics.CodeAnalysis;

namespace SshGateway.Exec.Channels;

/// <summary>
/// A connection's channels by our numbers. A number is taken until both sides have sent CLOSE (RFC 4254 section 5.3).
/// </summary>
internal sealed class ChannelTable(int max)
{
    private readonly Lock _lock = new();
    private readonly SshChannel?[] _channels = new SshChannel?[max];
    private readonly bool[] _taken = new bool[max];
    private int _count;

    /// <summary>Channels that are open, or are being opened or closed.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Whether more than half of them are taken.</summary>
    public bool IsCrowded => Count > max / 2;

    /// <summary>Takes the lowest free number; false: there is none.</summary>
    public bool TryTake(out uint number)
    {
        lock (_lock)
        {
            int free = Array.IndexOf(_taken, false);
            number = (uint)Math.Max(free, 0);
            if (free < 0)
            {
                return false;
            }
            _taken[free] = true;
            _count++;
            return true;
        }
    }

    /// <summary>The channel of the number is confirmed.</summary>
    public void Set(uint number, SshChannel channel)
    {
        lock (_lock)
        {
            _channels[number] = channel;
        }
    }

    /// <summary>False: there is no such channel, or it is not confirmed yet.</summary>
    public bool TryGet(uint number, [NotNullWhen(true)] out SshChannel? channel)
    {
        lock (_lock)
        {
            channel = number < (uint)_channels.Length ? _channels[number] : null;
            return channel is not null;
        }
    }

    public void Release(uint number)
    {
        lock (_lock)
        {
            _channels[number] = null;
            _taken[number] = false;
            _count--;
        }
    }
}
