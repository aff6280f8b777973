using System.Net.Sockets;

namespace SshGateway.Ssh.Sockets.Native;

/// <summary>
/// Keeps the last descriptors of the process back. The runtime needs some for a new thread or file, and aborts the
/// process, with every open session, when there are none. The kernel gives the lowest number that is free, so a high
/// number says how many are in use.
/// </summary>
internal static class Descriptors
{
    /// <summary>For the runtime, and for files that are read again.</summary>
    private const int HeldBack = 64;

    /// <summary>Besides those, for the connections to pods of clients that are there.</summary>
    private const int HeldBackFromClients = 128;

    /// <summary>How many the process may have: RLIMIT_NOFILE, raised to its hard limit.</summary>
    public static long Limit { get; } = LibC.RaiseDescriptorLimit();

    /// <summary>What is not for connections: the reserve, and what the process has open by itself.</summary>
    public static int Reserve => 2 * (HeldBack + HeldBackFromClients);

    /// <summary>Whether a client must not be accepted, for want of descriptors.</summary>
    /// <param name="descriptor">The one that it got.</param>
    public static bool IsTooHighForClient(int descriptor) => descriptor >= Limit - HeldBack - HeldBackFromClients;

    /// <exception cref="SocketException">The descriptor is one that is held back.</exception>
    public static void ThrowIfHeldBack(int descriptor)
    {
        if (IsHeldBack(descriptor))
        {
            throw new SocketException((int)SocketError.TooManyOpenSockets);
        }
    }

    public static bool IsHeldBack(int descriptor) => descriptor >= Limit - HeldBack;
}
