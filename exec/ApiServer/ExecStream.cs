namespace SshGateway.Exec.ApiServer;

/// <summary>
/// A command that runs in a container. One caller reads; writes, window changes and the end of input may come from
/// others. A call that is cancelled ends the stream.
/// </summary>
internal sealed class ExecStream : IAsyncDisposable
{
    /// <summary>Whether the server speaks v5. With v4 there is no way to end the input.</summary>
    public bool CanEndInput => throw new NotImplementedException();

    /// <exception cref="ApiServerException">The stream is lost.</exception>
    public ValueTask WriteInputAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Ends the command's input. Does nothing if the server cannot.</summary>
    /// <exception cref="ApiServerException">The stream is lost.</exception>
    public ValueTask EndInputAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Changes the size of the command's terminal.</summary>
    /// <exception cref="ApiServerException">The stream is lost.</exception>
    public ValueTask ResizeAsync(int columns, int rows, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>
    /// Waits until a read returns something, without a buffer: an idle stream then costs none. Optional.
    /// </summary>
    public ValueTask WaitAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>
    /// Reads one piece of output, or the end. Never throws because of the server, and returns the end again when it is
    /// called again. Nothing is read from the network between calls.
    /// </summary>
    public ValueTask<ExecRead> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => throw new NotImplementedException();

    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
