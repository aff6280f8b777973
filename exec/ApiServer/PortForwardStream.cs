using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace SshGateway.Exec.ApiServer;

/// <summary>
/// A connection to a port of a pod. One caller reads and one writes. A call that is cancelled ends the stream. There
/// is no half-close: disposing ends both directions.
/// </summary>
internal sealed class PortForwardStream(ChannelSocket socket, int port) : IAsyncDisposable
{
    // Two channels for each port that is asked for, and here it is one port.
    private const byte DataChannel = 0;
    private const byte ErrorChannel = 1;

    private const int MaxError = 4096;

    // Both channels begin with the port, in little endian.
    private readonly byte[][] _ports = [new byte[sizeof(ushort)], new byte[sizeof(ushort)]];
    private readonly int[] _portBytes = new int[2];
    private byte[]? _error;
    private int _errorBytes;

    /// <exception cref="ApiServerException">The stream is lost.</exception>
    public ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken) =>
        data.IsEmpty ? ValueTask.CompletedTask : socket.SendAsync(DataChannel, data, cancellationToken);

    /// <summary>Waits until a read returns something, without a buffer. Optional.</summary>
    /// <exception cref="ApiServerException">The stream is lost, or nothing listens on the port.</exception>
    public async ValueTask WaitAsync(CancellationToken cancellationToken) => await MoveToDataAsync(cancellationToken);

    /// <param name="buffer">Not empty.</param>
    /// <returns>The number of bytes; 0 at the end.</returns>
    /// <exception cref="ApiServerException">The stream is lost, or nothing listens on the port.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfZero(buffer.Length);
        while (await MoveToDataAsync(cancellationToken))
        {
            int count = await socket.ReadAsync(buffer, cancellationToken);
            if (count > 0)
            {
                return count;
            }
        }
        return 0;
    }

    public ValueTask DisposeAsync() => socket.DisposeAsync();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> MoveToDataAsync(CancellationToken cancellationToken)
    {
        while (await socket.WaitAsync(cancellationToken))
        {
            byte channel = socket.Channel;
            if (channel > ErrorChannel)
            {
                throw StreamFailure.Malformed();
            }
            if (!await HasPortAsync(channel, cancellationToken))
            {
                continue;
            }
            if (channel == DataChannel)
            {
                return true;
            }
            await ReadErrorAsync(cancellationToken);
        }
        return false;
    }

    // False: the message ends before, or with, the port.
    private async ValueTask<bool> HasPortAsync(byte channel, CancellationToken cancellationToken)
    {
        byte[] bytes = _ports[channel];
        if (_portBytes[channel] == bytes.Length)
        {
            return true;
        }
        int read = await socket.ReadAsync(bytes.AsMemory(_portBytes[channel]), cancellationToken);
        _portBytes[channel] += read;
        if (_portBytes[channel] == bytes.Length && BinaryPrimitives.ReadUInt16LittleEndian(bytes) != port)
        {
            throw StreamFailure.Malformed();
        }
        return false;
    }

    private async ValueTask ReadErrorAsync(CancellationToken cancellationToken)
    {
        _error ??= new byte[MaxError];
        while (_errorBytes < MaxError && await socket.ReadAsync(_error.AsMemory(_errorBytes), cancellationToken) is > 0 and int read)
        {
            _errorBytes += read;
        }
        if (_errorBytes > 0)
        {
            throw new ApiServerException(ApiServerFailure.Failed, $"Port {port} of the pod: {StreamFailure.Text(Encoding.UTF8.GetString(_error, 0, _errorBytes))}");
        }
    }
}
