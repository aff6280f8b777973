using System.Buffers;
using System.Buffers.Binary;
using Google.Protobuf;

namespace SshGateway.Shared.Grpc;

/// <summary>
/// Length-prefixed messages:
/// <code>
/// byte    compressed flag (0 or 1)
/// uint32  length, big-endian
/// byte[]  message
/// </code>
/// </summary>
internal static class GrpcFrame
{
    public const int PrefixBytes = 5;

    /// <summary>What grpc implementations accept by default.</summary>
    public const int MaximumMessageBytes = 4 * 1024 * 1024;

    public static void Write(IBufferWriter<byte> output, IMessage message)
    {
        WritePrefix(output, message.CalculateSize());
        message.WriteTo(output);
    }

    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> message)
    {
        WritePrefix(output, message.Length);
        output.Write(message);
    }

    private static void WritePrefix(IBufferWriter<byte> output, int length)
    {
        if (length > MaximumMessageBytes)
        {
            throw new GrpcException(GrpcStatusCode.ResourceExhausted,
                $"a message of {length} bytes is to be sent; at most {MaximumMessageBytes} are allowed");
        }
        Span<byte> prefix = output.GetSpan(PrefixBytes);
        prefix[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(prefix[1..], length);
        output.Advance(PrefixBytes);
    }
}
