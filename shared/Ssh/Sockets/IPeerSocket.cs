using System.Net;
using Microsoft.Win32.SafeHandles;
using SshGateway.Ssh.Sockets.Native;

namespace SshGateway.Ssh.Sockets;

/// <summary>
/// The seam to the socket engine: one connected TCP socket. One reader and one writer at a time. Code that waits for it
/// continues on its <see cref="Loop"/>.
/// </summary>
/// <exception cref="PeerGoneException">The connection broke, or was aborted.</exception>
internal interface IPeerSocket : IDisposable
{
    /// <summary>Where its events come from.</summary>
    IEventLoop Loop { get; }

    /// <summary>Where the peer connected from; behind a balancer, where the balancer says that it did.</summary>
    IPEndPoint RemoteEndPoint { get; }

    /// <summary>The peer is a balancer that acts for this client.</summary>
    void ActsFor(IPEndPoint client);

    /// <summary>
    /// Waits until a read would return, without a buffer. False: it was cancelled or aborted; nothing was read.
    /// </summary>
    ValueTask<bool> WaitReadableAsync(CancellationToken cancellation = default);

    /// <summary>Reads what has arrived, at least one byte; 0: the peer closed its side.</summary>
    ValueTask<int> ReadAsync(Memory<byte> buffer);

    /// <summary>Writes everything.</summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>
    /// Moves what has arrived into an empty pipe, up to so many bytes and without waiting: a count, or what <see
    /// cref="SpliceResult"/> has.
    /// </summary>
    int SpliceInto(SafeFileHandle pipe, int count);

    /// <summary>Writes so many bytes of a pipe that has them.</summary>
    ValueTask SpliceFromAsync(SafeFileHandle pipe, int count);

    /// <summary>
    /// Now and then, from any thread: sees whether anything is under way to the peer, which decides when a silent one
    /// is gone (<see cref="PeerTimeouts"/>).
    /// </summary>
    /// <remarks>Nothing to do for a socket that no client is on.</remarks>
    void ReviewTimeout()
    {
    }

    /// <summary>Says that nothing more will be written.</summary>
    void ShutdownWrites();

    /// <summary>Ends the connection: pending reads and writes fail. Any thread, any number of times.</summary>
    void Abort();
}

/// <summary>
/// The connection to a peer is over: the peer closed it where more had to come, it broke, or it was aborted here. The
/// message says which.
/// </summary>
internal sealed class PeerGoneException(string message, Exception? cause = null) : Exception(message, cause)
{
    public static PeerGoneException ClosedByPeer() => new("the peer closed the connection");

    public static PeerGoneException Aborted() => new("the connection was aborted");
}

/// <summary>When a peer of which nothing else is heard is gone.</summary>
/// <param name="Unacknowledged">When it has not acknowledged, or not taken, what was sent to it for so long.</param>
/// <param name="Silent">When nothing is under way to it, and it has answered no keep-alive probe for so long.</param>
internal readonly record struct PeerTimeouts(TimeSpan Unacknowledged, TimeSpan Silent)
{
    /// <summary>The same for both.</summary>
    public PeerTimeouts(TimeSpan timeout) : this(timeout, timeout)
    {
    }
}
