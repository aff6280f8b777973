using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;

namespace SshGateway.Exec.ApiServer;

/// <summary>
/// A command that runs in a container. One caller reads; writes, window changes and the end of input may come from
/// others. A call that is cancelled ends the stream.
/// </summary>
internal sealed class ExecStream(ChannelSocket socket, TimeProvider time) : IAsyncDisposable
{
    // k8s.io/apimachinery, pkg/util/remotecommand/constants.go.
    public const string ProtocolV5 = "v5.channel.k8s.io";
    public const string ProtocolV4 = "v4.channel.k8s.io";

    private const byte InputChannel = 0;
    private const byte OutputChannel = 1;
    private const byte ErrorOutputChannel = 2;
    private const byte StatusChannel = 3;
    private const byte ResizeChannel = 4;
    private const byte CloseChannel = 255;

    // Output comes before the status. A server that keeps the connection open after it is not waited for any longer.
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    private readonly byte[] _endOfInput = [InputChannel];
    private ExecStatus? _status;
    private CancellationTokenSource? _closing;
    private ExecRead? _end;

    /// <summary>Whether the server speaks v5. With v4 there is no way to end the input.</summary>
    public bool CanEndInput => socket.Protocol == ProtocolV5;

    /// <exception cref="ApiServerException">The stream is lost.</exception>
    public ValueTask WriteInputAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken) =>
        data.IsEmpty ? ValueTask.CompletedTask : socket.SendAsync(InputChannel, data, cancellationToken);

    /// <summary>Ends the command's input. Does nothing if the server cannot.</summary>
    /// <exception cref="ApiServerException">The stream is lost.</exception>
    public ValueTask EndInputAsync(CancellationToken cancellationToken) =>
        CanEndInput ? socket.SendAsync(CloseChannel, new(_endOfInput), cancellationToken) : ValueTask.CompletedTask;

    /// <summary>Changes the size of the command's terminal.</summary>
    /// <exception cref="ApiServerException">The stream is lost.</exception>
    public ValueTask ResizeAsync(int columns, int rows, CancellationToken cancellationToken)
    {
        string size = $$"""{"Width":{{Math.Clamp(columns, 0, ushort.MaxValue)}},"Height":{{Math.Clamp(rows, 0, ushort.MaxValue)}}}""";
        return socket.SendAsync(ResizeChannel, new(Encoding.ASCII.GetBytes(size)), cancellationToken);
    }

    /// <summary>
    /// Waits until a read returns something, without a buffer: an idle stream then costs none. Optional.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await MoveToOutputAsync(cancellationToken);
        }
        catch (ApiServerException failure)
        {
            End(failure);
        }
    }

    /// <summary>
    /// Reads one piece of output, or the end. Never throws because of the server, and returns the end again when it is
    /// called again. Nothing is read from the network between calls.
    /// </summary>
    /// <param name="buffer">Not empty.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ExecRead> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfZero(buffer.Length);
        try
        {
            while (await MoveToOutputAsync(cancellationToken))
            {
                byte channel = socket.Channel;
                int count = await socket.ReadAsync(buffer, cancellationToken);
                if (count > 0)
                {
                    return new ExecRead(channel == OutputChannel ? ExecReadKind.Output : ExecReadKind.ErrorOutput, count);
                }
            }
        }
        catch (ApiServerException failure)
        {
            End(failure);
        }
        return _end!.Value;
    }

    public ValueTask DisposeAsync()
    {
        _closing?.Dispose();
        return socket.DisposeAsync();
    }

    // Reads everything else itself. False: the stream has ended.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> MoveToOutputAsync(CancellationToken cancellationToken)
    {
        while (_end is null)
        {
            if (!await WaitForMessageAsync(cancellationToken))
            {
                End(null);
                break;
            }
            switch (socket.Channel)
            {
                case OutputChannel or ErrorOutputChannel:
                    return true;
                case StatusChannel:
                    await ReadStatusAsync(cancellationToken);
                    break;
                // The server's side of the end of a channel; the end of all of them follows.
                case CloseChannel when CanEndInput:
                    await socket.SkipAsync(cancellationToken);
                    break;
                default:
                    throw StreamFailure.Malformed();
            }
        }
        return false;
    }

    private ValueTask<bool> WaitForMessageAsync(CancellationToken cancellationToken) =>
        _closing is null ? socket.WaitAsync(cancellationToken) : WaitForCloseAsync(_closing.Token, cancellationToken);

    // After the status. False: the server has closed, or has had the time for it.
    private async ValueTask<bool> WaitForCloseAsync(CancellationToken closing, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(closing, cancellationToken);
        try
        {
            return await socket.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private async ValueTask ReadStatusAsync(CancellationToken cancellationToken)
    {
        _status ??= new ExecStatus();
        await _status.ReadAsync(socket, cancellationToken);
        if (_status.IsComplete)
        {
            _closing ??= new CancellationTokenSource(CloseTimeout, time);
        }
    }

    // With a status, the way in which the connection ended does not matter: kubelet closes it at once.
    private void End(ApiServerException? failure) => _end ??= _status is { IsComplete: true } status
        ? status.ToEnd()
        : new ExecRead(ExecReadKind.Failed, Failure: failure ?? StreamFailure.Lost());
}
