using System.Text;

namespace SshGateway.Tests.Unit.Logging;

/// <summary>A file on a disk that has no room until it has.</summary>
internal sealed class FullDisk : MemoryStream
{
    public volatile bool HasRoom;
    private volatile int _refused;

    public int Refused => _refused;

    public string Text => Encoding.UTF8.GetString(ToArray());

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (!HasRoom)
        {
            _refused++;
            throw new IOException("No space left on device");
        }
        base.Write(buffer);
    }
}
