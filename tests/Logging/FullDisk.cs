using System.Text;

namespace SshGateway.Tests.Logging;

/// <summary>A file on a disk that has no room until it has.</summary>
internal sealed class FullDisk : Stream
{
    private readonly MemoryStream _written = new();

    public volatile bool HasRoom;
    private volatile int _refused;

    public int Refused => _refused;

    public string Text => Encoding.UTF8.GetString(_written.ToArray());

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        if (!HasRoom)
        {
            _refused++;
            throw new IOException("No space left on device");
        }
        _written.Write(buffer, offset, count);
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
