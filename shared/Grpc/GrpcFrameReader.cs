using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Google.Protobuf;

namespace SshGateway.Shared.Grpc;

/// <summary>Reads the messages of one direction of a call. The pipe stays the caller's.</summary>
/// <param name="encoding">The peer's <c>grpc-encoding</c>; none is supported but identity.</param>
internal sealed class GrpcFrameReader(PipeReader pipe, string? encoding)
{
    /// <summary>The next message; null at the end of the stream.</summary>
    /// <exception cref="GrpcException">The bytes are not a message that this side accepts.</exception>
    public async ValueTask<T?> ReadAsync<T>(MessageParser<T> parser, CancellationToken cancellationToken)
        where T : class, IMessage<T>
    {
        while (true)
        {
            ReadResult read = await pipe.ReadAsync(cancellationToken).ConfigureAwait(false);
            ReadOnlySequence<byte> buffer = read.Buffer;
            if (buffer.Length >= GrpcFrame.PrefixBytes)
            {
                // Checked before the message is waited for, so that nothing is buffered for a length that is refused.
                long frameBytes = GrpcFrame.PrefixBytes + ReadLength(buffer);
                if (buffer.Length >= frameBytes)
                {
                    T message = Parse(parser, buffer.Slice(GrpcFrame.PrefixBytes, frameBytes - GrpcFrame.PrefixBytes));
                    pipe.AdvanceTo(buffer.GetPosition(frameBytes));
                    return message;
                }
            }
            if (read.IsCompleted)
            {
                return buffer.IsEmpty
                    ? null
                    : throw new GrpcException(GrpcStatusCode.Internal, "the stream ended inside a message");
            }
            pipe.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private uint ReadLength(ReadOnlySequence<byte> buffer)
    {
        Span<byte> prefix = stackalloc byte[GrpcFrame.PrefixBytes];
        buffer.Slice(0, GrpcFrame.PrefixBytes).CopyTo(prefix);
        if (prefix[0] != 0)
        {
            throw Compressed(prefix[0]);
        }
        uint length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        if (length > GrpcFrame.MaximumMessageBytes)
        {
            throw new GrpcException(GrpcStatusCode.ResourceExhausted,
                $"a message of {length} bytes; at most {GrpcFrame.MaximumMessageBytes} are accepted");
        }
        return length;
    }

    private GrpcException Compressed(byte flag)
    {
        if (flag != 1)
        {
            return new GrpcException(GrpcStatusCode.Internal, $"a message whose compressed flag is {flag}; it can be 0 or 1");
        }
        return encoding is null or GrpcHeaders.Identity
            ? new GrpcException(GrpcStatusCode.Internal, $"a compressed message in a stream without {GrpcHeaders.Encoding}")
            : new GrpcException(GrpcStatusCode.Unimplemented, $"messages in another encoding than {GrpcHeaders.Identity} are not supported");
    }

    private static T Parse<T>(MessageParser<T> parser, ReadOnlySequence<byte> payload)
        where T : class, IMessage<T>
    {
        try
        {
            return parser.ParseFrom(payload);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new GrpcException(GrpcStatusCode.Internal, $"a message that is no {typeof(T).Name}: {exception.Message}", exception);
        }
    }
}
