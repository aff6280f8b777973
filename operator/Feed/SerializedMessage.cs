namespace SshGateway.Operator.Feed;

/// <summary>A FeedMessage in its wire format: entries are serialized once, and all streams send those bytes.</summary>
/// <param name="bytes">Read until the write has begun, and not after it.</param>
internal sealed class SerializedMessage(ReadOnlyMemory<byte> bytes)
{
    public ReadOnlyMemory<byte> Bytes { get; } = bytes;
}
