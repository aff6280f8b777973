namespace SshGateway.Ssh.Sockets;

/// <summary>
/// The last bytes for a peer before its connection is closed. A close with unread input would make the kernel send a
/// RST, which throws away what the peer has not read yet.
/// </summary>
internal static class LingeringClose
{
    /// <summary>
    /// Writes, says that no more follows, and reads and drops what the peer still sends until it closes; all that until
    /// the timeout.
    /// </summary>
    public static async Task SendAsync(IPeerSocket socket, ReadOnlyMemory<byte> bytes, TimeSpan timeout, TimeProvider time)
    {
        try
        {
            await SendAsync(socket, bytes).WaitAsync(timeout, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It had its time.
        }
    }

    /// <summary>
    /// Reads and drops what the peer still sends, until it closes or the timeout. Only when nobody else reads.
    /// </summary>
    public static async Task DrainAsync(IPeerSocket socket, TimeSpan timeout, TimeProvider time)
    {
        try
        {
            await DrainAsync(socket).WaitAsync(timeout, time).ConfigureAwait(false);
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
        catch (PeerGoneException)
        {
            // Closed hard; as good.
        }
    }

    private static async Task SendAsync(IPeerSocket socket, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await socket.WriteAsync(bytes).ConfigureAwait(false);
        }
        catch (PeerGoneException)
        {
            return;
        }
        socket.ShutdownWrites();
        await DrainAsync(socket).ConfigureAwait(false);
    }
}
