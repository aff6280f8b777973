using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace SshGateway.Hosting.Files;

/// <summary>
/// Reads files that others write. A FIFO, a socket or a device is refused without waiting for its other end, and so is
/// a file that has more bytes than it may, however many it says it has: it may grow while it is read.
/// </summary>
internal static class RegularFile
{
    /// <summary>More than any configuration, key or certificate file has.</summary>
    public const int DefaultMaxBytes = 4 * 1024 * 1024;

    /// <summary>Reads a text: UTF-8, or what its byte order mark says.</summary>
    /// <exception cref="IOException">It is not there, is no regular file, has too many bytes, or cannot be
    /// read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static string ReadText(string path, int maxBytes = DefaultMaxBytes)
    {
        using var reader = new StreamReader(new MemoryStream(ReadBytes(path, maxBytes)));
        return reader.ReadToEnd();
    }

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="IOException">It is not there, is no regular file, has too many bytes, or cannot be
    /// read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[] ReadBytes(string path, int maxBytes = DefaultMaxBytes)
    {
        using SafeFileHandle file = Open(path);
        if (!LibC.TryStat(file, out FileStatus status) || !status.IsRegular)
        {
            throw new IOException($"{path}: is no regular file");
        }
        // One byte more than there should be, to see whether there is one.
        byte[] bytes = new byte[Math.Min((long)status.Identity.Size, maxBytes) + 1];
        int length = 0;
        while (length <= maxBytes && RandomAccess.Read(file, bytes.AsSpan(length), length) is > 0 and int read)
        {
            length += read;
            if (length == bytes.Length && length <= maxBytes)
            {
                byte[] larger = new byte[(int)Math.Min((2L * length) + 4096, maxBytes + 1L)];
                bytes.CopyTo(larger, 0);
                CryptographicOperations.ZeroMemory(bytes);
                bytes = larger;
            }
        }
        byte[] content = bytes[..Math.Min(length, maxBytes)];
        // It may be a private key: the caller overwrites what it gets, and nothing else is left of it.
        CryptographicOperations.ZeroMemory(bytes);
        return length <= maxBytes ? content : throw new IOException($"{path}: has more than {maxBytes} bytes, the maximum");
    }

    /// <summary>Whether it is a FIFO from which nobody reads: who opens it to write waits for ever.</summary>
    public static bool IsUnreadFifo(string path)
    {
        int descriptor = LibC.OpenToWrite(path);
        bool isUnread = descriptor < 0 && Marshal.GetLastPInvokeError() == LibC.NoReader;
        if (descriptor >= 0)
        {
            new SafeFileHandle(descriptor, ownsHandle: true).Dispose();
        }
        return isUnread;
    }

    private static SafeFileHandle Open(string path)
    {
        int descriptor = LibC.Open(path);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Marshal.GetLastPInvokeError() switch
        {
            LibC.NoSuchFile => (Exception)new FileNotFoundException($"{path}: there is no such file", path),
            LibC.NoAccess => new UnauthorizedAccessException($"{path}: permission denied"),
            int error => new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(error)}"),
        };
    }
}
