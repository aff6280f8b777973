using System.Collections.Concurrent;
using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SshGateway.Proxy.Sockets.Native;

namespace SshGateway.Proxy.Sockets.Epoll;

/// <summary>
/// One thread that waits for the events of its sockets and runs what waited for them, there and then: no hand-over between threads on the way of a packet. Nothing
/// that runs here may block. What has moved enough for now goes to the end of the queue, so that a keystroke does not wait behind a bulk transfer.
/// </summary>
internal sealed unsafe class EventLoop
{
    private const int EventsAtOnce = 256;
    private const int Forever = -1;
    private const ulong WakeUp = 0;

    private readonly SafeFileHandle _epoll = Own(LibC.epoll_create1(LibC.CloseOnExec));
    private readonly SafeFileHandle _wakeUp = Own(LibC.eventfd(0, LibC.CloseOnExec | LibC.NonBlocking));
    private readonly ConcurrentDictionary<ulong, EpollSocket> _sockets = new();
    private readonly ConcurrentQueue<Action> _queue = new();
    private readonly Thread _thread;
    private ulong _lastId = WakeUp;
    private int _wakeUpIsDue;

    public EventLoop(int number)
    {
        Add(_wakeUp.DangerousGetHandle(), LibC.Readable, WakeUp);
        _thread = new Thread(Run) { IsBackground = true, Name = $"Event loop {number}" };
        _thread.Start();
    }

    /// <summary>Watches a socket, until it is removed. Events are edge-triggered: each is told once.</summary>
    /// <returns>What to remove it with.</returns>
    public ulong Add(EpollSocket socket, nint descriptor)
    {
        ulong id = Interlocked.Increment(ref _lastId);
        _sockets[id] = socket;
        Add(descriptor, LibC.Readable | LibC.Writable | LibC.PeerHangUp | LibC.EdgeTriggered, id);
        return id;
    }

    /// <summary>Before the descriptor is closed. An event that is under way finds nobody.</summary>
    public void Remove(ulong id) => _sockets.TryRemove(id, out _);

    /// <summary>Runs this on the loop's thread, after what is queued already.</summary>
    public void Post(Action action)
    {
        _queue.Enqueue(action);
        if (Thread.CurrentThread != _thread && Interlocked.Exchange(ref _wakeUpIsDue, 1) == 0)
        {
            ulong one = 1;
            _ = LibC.write((int)_wakeUp.DangerousGetHandle(), &one, sizeof(ulong));
        }
    }

    private static SafeFileHandle Own(int descriptor) =>
        descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw new Win32Exception(Marshal.GetLastPInvokeError());

    private void Add(nint descriptor, uint events, ulong id)
    {
        var registration = new EventBuffer(1);
        registration.SetFirst(events, id);
        if (LibC.epoll_ctl((int)_epoll.DangerousGetHandle(), LibC.AddToEpoll, (int)descriptor, registration.Pointer) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    private void Run()
    {
        var events = new EventBuffer(EventsAtOnce);
        int epoll = (int)_epoll.DangerousGetHandle();
        while (true)
        {
            int count = LibC.epoll_wait(epoll, events.Pointer, events.Capacity, _queue.IsEmpty ? Forever : 0);
            for (int index = 0; index < count; index++)
            {
                ulong id = events.DataAt(index);
                if (id == WakeUp)
                {
                    TakeWakeUp();
                }
                else if (_sockets.TryGetValue(id, out EpollSocket? socket))
                {
                    socket.OnEvents(events.EventsAt(index));
                }
            }
            // Only what is there now: what it queues has its turn after the next events.
            for (int queued = _queue.Count; queued > 0 && _queue.TryDequeue(out Action? action); queued--)
            {
                action();
            }
        }
    }

    private void TakeWakeUp()
    {
        ulong posts;
        _ = LibC.read((int)_wakeUp.DangerousGetHandle(), &posts, sizeof(ulong));
        // A full fence: what was queued without a wake-up of its own is seen by the next look at the queue.
        Interlocked.Exchange(ref _wakeUpIsDue, 0);
    }
}
