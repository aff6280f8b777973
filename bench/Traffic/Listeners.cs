using System.Net;
using System.Net.Sockets;

namespace SshGateway.Bench.Traffic;

/// <summary>How an upstream of the bench's own is listened for.</summary>
internal static class Listeners
{
    public const string Ready = "ready";

    /// <summary>
    /// Serves everybody who connects to this port of any of the addresses. Says "ready" when it listens, and never
    /// returns.
    /// </summary>
    public static async Task RunAsync(int port, IEnumerable<IPAddress> addresses, Func<Socket, Task> serve)
    {
        Socket[] listeners = [.. addresses.Select(address => Listen(new IPEndPoint(address, port)))];
        await Console.Out.WriteLineAsync(Ready);
        await Task.WhenAll(listeners.Select(listener => AcceptAsync(listener, serve)));
    }

    private static Socket Listen(IPEndPoint endpoint)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(endpoint);
        listener.Listen(1024);
        return listener;
    }

    private static async Task AcceptAsync(Socket listener, Func<Socket, Task> serve)
    {
        while (true)
        {
            Socket client = await listener.AcceptAsync();
            _ = Task.Run(() => serve(client));
        }
    }
}
