using System.Threading.Channels;

namespace SshGateway.Exec.Requests;

/// <summary>The size of a terminal as the client said last. Sizes that came in between are of no use.</summary>
internal sealed class LatestSize
{
    private readonly Channel<TerminalSize> _sizes = Channel.CreateBounded<TerminalSize>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true, SingleWriter = true });

    public void Set(TerminalSize size)
    {
        if (size.IsKnown)
        {
            _sizes.Writer.TryWrite(size);
        }
    }

    /// <summary>Waits until it differs from what was returned last.</summary>
    public ValueTask<TerminalSize> NextAsync(CancellationToken cancellation) => _sizes.Reader.ReadAsync(cancellation);
}
