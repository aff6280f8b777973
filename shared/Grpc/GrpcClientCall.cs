using System.Buffers;
using System.IO.Pipelines;
using Google.Protobuf;

namespace SshGateway.Shared.Grpc;

/// <summary>The client's end of one call. One reader and one writer at a time; the two are independent. Disposing it cancels the call.</summary>
public sealed class GrpcClientCall<TRequest, TResponse> : IDisposable
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    private readonly GrpcMethod<TRequest, TResponse> _method;
    private readonly GrpcRequestContent _content;
    private readonly CancellationTokenSource _cancelled = new();
    private readonly Task<HttpResponseMessage> _response;
    private GrpcFrameReader? _reader;

    internal GrpcClientCall(
        HttpMessageInvoker http, HttpRequestMessage request, GrpcRequestContent content, GrpcMethod<TRequest, TResponse> method)
    {
        _method = method;
        _content = content;
        _response = SendAsync(http, request);
    }

    /// <summary>Sends one message.</summary>
    /// <exception cref="GrpcException">The call has ended, or never reached the server.</exception>
    public async Task WriteAsync(TRequest message, CancellationToken cancellationToken)
    {
        var frame = new ArrayBufferWriter<byte>();
        GrpcFrame.Write(frame, message);
        try
        {
            await _content.WriteAsync(frame.WrittenMemory, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not GrpcException && !cancellationToken.IsCancellationRequested)
        {
            throw GrpcClientStatus.FromException(exception);
        }
    }

    /// <summary>Says that this was the last message.</summary>
    public void Complete() => _content.Complete();

    /// <summary>The next message; null when the server ended the call with OK.</summary>
    /// <exception cref="GrpcException">The call ended with another status, or without one.</exception>
    public async ValueTask<TResponse?> ReadAsync(CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await _response.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            _reader ??= await OpenAsync(response, cancellationToken).ConfigureAwait(false);
            TResponse? message = _reader is null ? null : await _reader.ReadAsync(_method.ResponseParser, cancellationToken).ConfigureAwait(false);
            if (message is null)
            {
                GrpcClientStatus.ThrowUnlessOk(response);
            }
            return message;
        }
        catch (Exception exception) when (exception is not GrpcException && !cancellationToken.IsCancellationRequested)
        {
            throw GrpcClientStatus.FromException(exception);
        }
    }

    public void Dispose()
    {
        _cancelled.Cancel();
        _content.Complete();
        // Once the headers are there, only this sends RST_STREAM.
        if (_response.IsCompletedSuccessfully)
        {
            _response.Result.Dispose();
        }
        _cancelled.Dispose();
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMessageInvoker http, HttpRequestMessage request)
    {
        try
        {
            return await http.SendAsync(request, _cancelled.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            GrpcException failure = GrpcClientStatus.FromException(exception);
            _content.Fail(failure);
            throw failure;
        }
    }

    // Null: the status came with the headers, and there is no message to read.
    private static async Task<GrpcFrameReader?> OpenAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (GrpcClientStatus.CheckHeaders(response))
        {
            return null;
        }
        Stream body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        string? encoding = response.Headers.TryGetValues(GrpcHeaders.Encoding, out IEnumerable<string>? values) ? values.First() : null;
        return new GrpcFrameReader(PipeReader.Create(body, new StreamPipeReaderOptions(bufferSize: 16 * 1024)), encoding);
    }
}
