namespace SshGateway.Exec.ApiServer;

/// <summary>
/// A connection to a port of a pod. One caller reads and one writes. A call that is cancelled ends the stream. There
/// is no half-close: disposing ends both directions.
/// </summary>
internal sealed class PortForwardStream : IAsyncDisposable
{
    /// <exception cref="ApiServerException">The stream is lost.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Waits until a read returns something, without a buffer. Optional.</summary>
    /// <exception cref="ApiServerException">The stream is lost.</exception>
    public ValueTask WaitAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <returns>The number of bytes; 0 at the end.</returns>
    /// <exception cref="ApiServerException">The stream is lost, or nothing listens on the port.</exception>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => throw new NotImplementedException();

    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
