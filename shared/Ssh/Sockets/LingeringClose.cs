using System.Net.Sockets;

namespace SshGateway.Ssh.Sockets;

/// <summary>
/// What is said to a peer before its connection is closed. A close with unread input would make the kernel send a RST, which throws away what the peer has not
/// read yet.
/// </summary>
internal static class LingeringClose
{
    /// <summary>Writes, says that no more follows, and reads and drops what the peer still sends until it closes; all that until patience ends.</summary>
    public static async Task SayAsync(IPeerSocket socket, ReadOnlyMemory<byte> words, TimeSpan patience, TimeProvider time)
    {
        try
        {
            await SayAsync(socket, words).WaitAsync(patience, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It had its time.
        }
    }

    /// <summary>Reads and drops what the peer still sends, until it closes or patience ends. Only when nobody else reads.</summary>
    public static async Task DrainAsync(IPeerSocket socket, TimeSpan patience, TimeProvider time)
    {
        try
        {
            await DrainAsync(socket).WaitAsync(patience, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It had its time.
        }
    }

    /// <summary>The same until the peer closes or the socket is aborted.</summary>
    public static async Task DrainAsync(IPeerSocket socket)
    {
        byte[] unwanted = new byte[4096];
        try
        {
            while (await socket.ReadAsync(unwanted).ConfigureAwait(false) > 0)
            {
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // Closed hard; as good.
        }
    }

    private static async Task SayAsync(IPeerSocket socket, ReadOnlyMemory<byte> words)
    {
        try
        {
            await socket.WriteAsync(words).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            return;
        }
        socket.ShutdownWrites();
        await DrainAsync(socket).ConfigureAwait(false);
    }
}
