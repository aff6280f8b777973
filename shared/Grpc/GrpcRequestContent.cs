using System.Net;

namespace SshGateway.Shared.Grpc;

/// <summary>The request's body as it is written message by message: HttpClient's stream, lent until the call's last message.</summary>
internal sealed class GrpcRequestContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Writes and flushes one frame. One writer at a time.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        Stream stream = await _opened.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        await stream.WriteAsync(frame, cancellationToken).ConfigureAwait(false);
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Half-closes the call: there are no more messages.</summary>
    public void Complete() => _completed.TrySetResult();

    /// <summary>Fails the writes of a call that never reached the server.</summary>
    public void Fail(Exception exception)
    {
        _completed.TrySetResult();
        _opened.TrySetException(exception);
        // Nobody may be writing; the exception must not count as unobserved then.
        _ = _opened.Task.Exception;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // HttpClient reports what fails here instead of the response's failure, but a reset stream first cancels its
        // request: so nothing may fail here, and the response tells what happened.
        try
        {
            // The request's headers leave now, not with the first message.
            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
        }
        _opened.TrySetResult(stream);
        await _completed.Task.ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
