using System.Net;
using System.Net.Sockets;

namespace SshGateway.Tests.Support.Harness;

/// <summary>Addresses and ports on this machine that nobody else uses.</summary>
internal static class Loopback
{
    private static int _pods;

    /// <summary>
    /// An address of its own for each pod, as in a cluster: two pods with one IP would be a conflict.
    /// </summary>
    public static IPEndPoint ForPod()
    {
        int pod = Interlocked.Increment(ref _pods);
        IPAddress address = new([127, (byte)(64 + (Environment.ProcessId % 128)), (byte)(pod / 250), (byte)(1 + (pod % 250))]);
        return new IPEndPoint(address, FreePort(address));
    }

    public static int FreePort() => FreePort(IPAddress.Loopback);

    private static int FreePort(IPAddress address)
    {
        using Socket probe = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(address, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
