using System.Runtime.CompilerServices;
using SshGateway.Ssh.Sockets.Epoll;

namespace SshGateway.Ssh.Sockets;

/// <summary>Awaiting it lets others have their turn, and goes on with the thread that its socket's events come from.</summary>
/// <param name="loop">Null: the thread pool.</param>
/// <param name="purpose">What the turn is for.</param>
internal readonly struct LoopYield(EventLoop? loop, LoopPriority purpose) : ICriticalNotifyCompletion
{
    private static readonly Action<Action> Run = continuation => continuation();

    public bool IsCompleted => false;

    public LoopYield GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation)
    {
        if (loop is null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(Run, continuation, preferLocal: false);
            return;
        }
        loop.Post(continuation, purpose);
    }
}
