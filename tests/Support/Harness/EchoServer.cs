using System.Net.Sockets;

namespace SshGateway.Tests.Support.Harness;

/// <summary>
/// Sends back what it reads until the peer's end of file, then closes: the target of forwarded connections.
/// </summary>
internal sealed class EchoServer : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly Task _accepting;

    /// <param name="listener">Bound and listening; closed with the server.</param>
    public EchoServer(Socket listener)
    {
        _listener = listener;
        _accepting = AcceptAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                connections.Add(EchoAsync(await _listener.AcceptAsync()));
            }
        }
        catch (SocketException)
        {
            // The listener was closed.
        }
        catch (ObjectDisposedException)
        {
        }

        await Task.WhenAll(connections);
    }

    private static async Task EchoAsync(Socket connection)
    {
        using NetworkStream stream = new(connection, ownsSocket: true);
        try
        {
            await stream.CopyToAsync(stream);
            connection.Shutdown(SocketShutdown.Send);
        }
        catch (IOException)
        {
            // The peer went away in the middle, which its test has to notice.
        }
    }
}
