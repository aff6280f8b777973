namespace SshGateway.Bench.Traffic.Raw;

/// <summary>
/// What the raw client and upstream share. The client begins with how many bytes it wants to have sent, 8 bytes
/// big-endian; then it sends what it likes, which the upstream throws away. Nobody looks at the bytes, so all
/// connections use the same buffer.
/// </summary>
internal static class RawBytes
{
    public const int OrderSize = 8;

    public static readonly byte[] Buffer = new byte[256 * 1024];

    /// <summary>What there is of the buffer for this many bytes.</summary>
    public static Memory<byte> Piece(long bytes) => Buffer.AsMemory(0, (int)Math.Min(bytes, Buffer.Length));
}
