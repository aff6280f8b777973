using System.Threading.Channels;

namespace SshGateway.Operator.Kubernetes.Watching;

/// <summary>Tells one reader that something changed; many changes before it looks are one.</summary>
internal sealed class ChangeSignal
{
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Set() => _changes.Writer.TryWrite(true);

    public async ValueTask WaitAsync(CancellationToken cancellationToken) => await _changes.Reader.ReadAsync(cancellationToken);
}
