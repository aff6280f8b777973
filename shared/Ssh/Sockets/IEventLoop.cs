using System.Net;
using System.Runtime.CompilerServices;

namespace SshGateway.Ssh.Sockets;

/// <summary>Where sockets' events come from. Code that waits for one continues there, and must not block.</summary>
internal interface IEventLoop
{
    /// <summary>Runs this on the loop, after everything that is queued with the same priority.</summary>
    void Post(Action action, LoopPriority priority);

    /// <summary>Connects a socket whose events come from this loop.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">It could not be connected.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    ValueTask<IPeerSocket> ConnectAsync(IPEndPoint endpoint, PeerTimeouts timeouts, CancellationToken cancellation);
}

/// <summary>Each priority has a queue, and they take turns: logins must not hold up open connections.</summary>
internal enum LoopPriority
{
    /// <summary>Moving what has arrived.</summary>
    Relay,

    /// <summary>Accepting a client, and computing for handshakes.</summary>
    Handshake,
}

/// <summary>Awaiting it lets others have their turn, and continues on the loop.</summary>
internal readonly struct LoopYield(IEventLoop loop, LoopPriority priority) : ICriticalNotifyCompletion
{
    public bool IsCompleted => false;

    public LoopYield GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation) => loop.Post(continuation, priority);

    public void UnsafeOnCompleted(Action continuation) => loop.Post(continuation, priority);
}

internal static class EventLoopExtensions
{
    /// <summary>Lets others have their turn, and continues on the loop.</summary>
    public static LoopYield YieldAsync(this IEventLoop loop, LoopPriority priority) => new(loop, priority);
}
