using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SshGateway.Ssh.Sockets.Native;

/// <summary>
/// A TCP socket that does not block. Of a descriptor, .NET's Socket asks the kernel a dozen times what is known here.
/// </summary>
internal sealed class SocketHandle : SafeHandleMinusOneIsInvalid
{
    /// <param name="descriptor">Owned.</param>
    public SocketHandle(int descriptor) : base(ownsHandle: true) => SetHandle(descriptor);

    /// <exception cref="SocketException">There is none to be had.</exception>
    public static SocketHandle Create(AddressFamily family)
    {
        int descriptor = LibC.CreateTcpSocket(family == AddressFamily.InterNetworkV6);
        return descriptor >= 0 ? new SocketHandle(descriptor) : throw SocketErrors.Create(-descriptor);
    }

    /// <exception cref="SocketException">The connection has ended already.</exception>
    public static void SetOption(SafeHandle socket, int level, int option, int value)
    {
        if (LibC.SetOption(socket, level, option, value) is not 0 and int error)
        {
            throw SocketErrors.Create(error);
        }
    }

    /// <inheritdoc cref="SetOption"/>
    public static int GetOption(SafeHandle socket, int level, int option) =>
        LibC.GetOption(socket, level, option, out int value) is not 0 and int error ? throw SocketErrors.Create(error) : value;

    protected override bool ReleaseHandle() => LibC.close((int)handle) == 0;
}
