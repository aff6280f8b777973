using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using SshGateway.Ssh.Sockets.Native;

namespace SshGateway.Proxy.Passthrough;

/// <summary>Empty pipes. A connection has one only while bytes are moving, or stuck.</summary>
internal sealed class PipePool : IDisposable
{
    /// <summary>What one splice may move: the largest pipe that a process without privileges may have.</summary>
    public const int PipeSize = 1024 * 1024;

    // A user's pipes together may have 64 MiB (/proc/sys/fs/pipe-user-pages-soft) before new ones stay small. Empty
    // ones hold no memory.
    private const int Retained = 32;

    private readonly ConcurrentQueue<Pipe> _free = new();
    private volatile bool _isUnsupported = !OperatingSystem.IsLinux();

    /// <summary>Null: bytes have to be copied.</summary>
    public Pipe? Rent()
    {
        if (_isUnsupported)
        {
            return null;
        }
        if (_free.TryDequeue(out Pipe? pipe))
        {
            return pipe;
        }
        if (LibC.TryCreatePipe(PipeSize, out SafeFileHandle readEnd, out SafeFileHandle writeEnd) && !Descriptors.IsHeldBack((int)writeEnd.DangerousGetHandle()))
        {
            return new Pipe(readEnd, writeEnd);
        }
        readEnd.Dispose();
        writeEnd.Dispose();
        return null;
    }

    /// <param name="pipe">Empty.</param>
    public void Return(Pipe pipe)
    {
        if (_free.Count < Retained)
        {
            _free.Enqueue(pipe);
            return;
        }
        pipe.Dispose();
    }

    /// <summary>The kernel does not splice: nobody need try again.</summary>
    public void SpliceIsUnsupported() => _isUnsupported = true;

    public void Dispose()
    {
        while (_free.TryDequeue(out Pipe? pipe))
        {
            pipe.Dispose();
        }
    }
}

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
