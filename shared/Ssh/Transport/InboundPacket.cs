namespace SshGateway.Ssh.Transport;

/// <summary>A received packet, decrypted in place. Valid until the next read of its leg.</summary>
/// <param name="bodyStart">Where the body (padding_length, payload, padding) starts.</param>
/// <param name="payloadLength">The payload's length, at least 1.</param>
/// <param name="sequence">The packet's sequence number.</param>
internal readonly struct InboundPacket(byte[] buffer, int bodyStart, int bodyLength, int payloadLength, uint sequence)
{
    /// <summary>The message number.</summary>
    public byte Number => buffer[bodyStart + 1];

    public ReadOnlySpan<byte> Payload => buffer.AsSpan(bodyStart + 1, payloadLength);

    /// <summary>padding_length, payload and padding: a sealer takes them without a copy if the sizes allow.</summary>
    public ReadOnlySpan<byte> Body => buffer.AsSpan(bodyStart, bodyLength);

    public uint Sequence => sequence;
}
