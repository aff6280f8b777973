namespace SshGateway.Tests.Support.Harness;

/// <summary>Flips one bit of one byte of the stream.</summary>
internal sealed class BitFlip(long position) : IStreamChange
{
    private long _passed;

    public bool Flipped { get; private set; }

    public byte[] Change(ReadOnlySpan<byte> received)
    {
        byte[] changed = received.ToArray();
        if (position >= _passed && position < _passed + received.Length)
        {
            changed[position - _passed] ^= 1;
            Flipped = true;
        }

        _passed += received.Length;
        return changed;
    }
}
