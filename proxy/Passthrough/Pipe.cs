using Microsoft.Win32.SafeHandles;

namespace SshGateway.Proxy.Passthrough;

/// <summary>A pipe of the kernel, through which splice moves bytes from one socket to another.</summary>
internal sealed class Pipe(SafeFileHandle readEnd, SafeFileHandle writeEnd) : IDisposable
{
    public SafeFileHandle ReadEnd => readEnd;

    public SafeFileHandle WriteEnd => writeEnd;

    public void Dispose()
    {
        readEnd.Dispose();
        writeEnd.Dispose();
    }
}
