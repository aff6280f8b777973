using System.Buffers.Binary;
using System.IO.Compression;

namespace SshGateway.Tests.Integration.Grpc;

/// <summary>A length-prefixed gRPC message that is compressed.</summary>
internal static class GzippedFrame
{
    public static byte[] Of(byte[] message)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(message);
        }
        byte[] frame = [1, 0, 0, 0, 0, .. compressed.ToArray()];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), (int)compressed.Length);
        return frame;
    }
}
