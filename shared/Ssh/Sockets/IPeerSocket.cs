using System.Net;
using Microsoft.Win32.SafeHandles;

namespace SshGateway.Ssh.Sockets;

/// <summary>
/// The seam to the socket engine: one connected TCP socket. One reader and one writer at a time.
/// Continuations may run on the engine's own threads, so whoever awaits here must not block.
/// </summary>
/// <exception cref="System.Net.Sockets.SocketException">The connection broke, or was aborted.</exception>
internal interface IPeerSocket : IDisposable
{
    /// <summary>Where the peer connected from; behind a balancer, where the balancer says that it did.</summary>
    IPEndPoint RemoteEndPoint { get; }

    /// <summary>The peer is a balancer that acts for this client.</summary>
    void ActsFor(IPEndPoint client);

    /// <summary>Connects another socket, whose events come from the same thread where the engine has a choice.</summary>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    ValueTask<IPeerSocket> ConnectAnotherAsync(IPEndPoint endpoint, CancellationToken cancel);

    /// <summary>Waits until a read would return, without a buffer. False: it was cancelled; nothing was read.</summary>
    ValueTask<bool> WaitReadableAsync(CancellationToken cancellation = default);

    /// <summary>Reads what has arrived, at least one byte; 0: the peer closed its side.</summary>
    ValueTask<int> ReadAsync(Memory<byte> buffer);

    /// <summary>Writes everything.</summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Moves what has arrived into an empty pipe, up to so many bytes and without waiting: a count, or what <see cref="Native.SpliceResult"/> has.</summary>
    int SpliceInto(SafeFileHandle pipe, int count);

    /// <summary>Writes so many bytes of a pipe that has them.</summary>
    ValueTask SpliceFromAsync(SafeFileHandle pipe, int count);

    /// <summary>Lets other sockets have their turn.</summary>
    LoopYield YieldAsync(LoopPriority purpose);

    /// <summary>Now and then, from any thread: sees whether anything is under way to the peer, which decides when a silent one is gone (<see cref="PeerTimeouts"/>).</summary>
    /// <remarks>Nothing to do for a socket that no client is on.</remarks>
    void ReviewTimeout()
    {
    }

    /// <summary>Says that nothing more will be written.</summary>
    void ShutdownWrites();

    /// <summary>Ends the connection: pending reads and writes fail. Any thread, any number of times.</summary>
    void Abort();
}
