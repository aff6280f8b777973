namespace SshGateway.Ssh.Sockets;

/// <summary>
/// The last bytes for a peer before its connection is closed. A close with unread input would make the kernel send a
/// RST, which throws away what the peer has not read yet.
/// </summary>
internal static class LingeringClose
{
    /// <summary>
    /// Writes, says that no more follows, and reads and drops what the peer still sends until it closes; all that until
    /// the timeout, at which the socket is aborted.
    /// </summary>
    public static Task SendAsync(IPeerSocket socket, ReadOnlyMemory<byte> bytes, TimeSpan timeout, TimeProvider time) =>
        LimitAsync(SendAsync(socket, bytes), socket, timeout, time);

    /// <summary>
    /// Reads and drops what the peer still sends, until it closes or until the timeout, at which the socket is aborted.
    /// Only when nobody else reads.
    /// </summary>
    public static Task DrainAsync(IPeerSocket socket, TimeSpan timeout, TimeProvider time) => LimitAsync(DrainAsync(socket), socket, timeout, time);

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

    // Never leaves the work to itself: the descriptor that it uses could be another connection's once this one is
    // closed.
    private static async Task LimitAsync(Task work, IPeerSocket socket, TimeSpan timeout, TimeProvider time)
    {
        try
        {
            await work.WaitAsync(timeout, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            socket.Abort();
            await work.ConfigureAwait(false);
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
