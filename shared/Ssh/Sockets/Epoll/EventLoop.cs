using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SshGateway.Ssh.Sockets.Native;

namespace SshGateway.Ssh.Sockets.Epoll;

/// <summary>
/// One thread that waits for the events of its sockets and runs what waited for them, there and then: no hand-over
/// between threads on the way of a packet. Nothing that runs here may block. What has moved enough for now goes to the
/// end of the queue, so that a keystroke does not wait behind a bulk transfer.
/// </summary>
internal sealed unsafe class EventLoop : IEventLoop
{
    private const int EventsAtOnce = 256;
    private const int Forever = -1;
    private const ulong WakeUp = 0;

    private readonly SafeFileHandle _epoll = Own(LibC.epoll_create1(LibC.CloseOnExec));
    private readonly SafeFileHandle _wakeUp = Own(LibC.eventfd(0, LibC.CloseOnExec | LibC.NonBlocking));
    private readonly ConcurrentDictionary<ulong, IEventHandler> _handlers = new();
    private readonly ConcurrentQueue<Action> _relays = new();
    private readonly ConcurrentQueue<Action> _handshakes = new();
    private readonly BusyPoll _busyPoll;
    private readonly int _window;
    private readonly Thread _thread;
    private ulong _lastId = WakeUp;
    private int _wakeUpIsDue;
    private long _moved;

    /// <param name="number">Of how many it is, for its name.</param>
    /// <param name="busyPoll">How long it may look for events before it sleeps; zero: not at all.</param>
    /// <param name="window">What may be under way on connections that it makes; 0: the kernel decides.</param>
    public EventLoop(int number, TimeSpan busyPoll, int window = 0)
    {
        _window = window;
        _busyPoll = new BusyPoll(busyPoll);
        Add(_wakeUp.DangerousGetHandle(), LibC.Readable, WakeUp);
        _thread = new Thread(Run) { IsBackground = true, Name = $"Event loop {number}" };
        _thread.Start();
    }

    /// <inheritdoc cref="EventLoops.RewardedPolls"/>
    public long RewardedPolls => _busyPoll.Rewarded;

    /// <inheritdoc cref="EventLoops.UnrewardedPolls"/>
    public long UnrewardedPolls => _busyPoll.Unrewarded;

    /// <summary>Watches a socket, until it is removed. Events are edge-triggered: each is told once.</summary>
    /// <returns>What to remove it with.</returns>
    public ulong Add(IEventHandler handler, nint descriptor)
    {
        ulong id = Interlocked.Increment(ref _lastId);
        _handlers[id] = handler;
        Add(descriptor, LibC.Readable | LibC.Writable | LibC.PeerHangUp | LibC.EdgeTriggered, id);
        return id;
    }

    /// <summary>Before the descriptor is closed. An event that is under way finds nobody.</summary>
    public void Remove(ulong id) => _handlers.TryRemove(id, out _);

    /// <summary>
    /// So many bytes came on one of its sockets. What another thread reads, after an abort, may be lost on the way:
    /// this tells only whether it is worthwhile to poll.
    /// </summary>
    public void CountMoved(int bytes) => _moved += bytes;

    /// <inheritdoc/>
    public ValueTask<IPeerSocket> ConnectAsync(IPEndPoint endpoint, PeerTimeouts timeouts, CancellationToken cancellation) =>
        EpollSocket.ConnectAsync(endpoint, this, timeouts, _window, cancellation);

    /// <inheritdoc/>
    public void Post(Action action, LoopPriority priority)
    {
        (priority == LoopPriority.Relay ? _relays : _handshakes).Enqueue(action);
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
        byte* registration = stackalloc byte[EventBuffer.MaxSize];
        EventBuffer.Write(registration, events, id);
        if (LibC.epoll_ctl((int)_epoll.DangerousGetHandle(), LibC.AddToEpoll, (int)descriptor, registration) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    private void Run()
    {
        var events = new EventBuffer(EventsAtOnce);
        bool hasComputed = false;
        while (true)
        {
            int count = Wait(events, hasComputed);
            for (int index = 0; index < count; index++)
            {
                ulong id = events.DataAt(index);
                if (id == WakeUp)
                {
                    TakeWakeUp();
                }
                else if (_handlers.TryGetValue(id, out IEventHandler? handler))
                {
                    handler.OnEvents(events.EventsAt(index));
                }
            }
            // One of each at a time: a keystroke waits for no more than that.
            RunOne(_relays);
            hasComputed = RunOne(_handshakes);
        }
    }

    private static bool RunOne(ConcurrentQueue<Action> queue)
    {
        if (!queue.TryDequeue(out Action? action))
        {
            return false;
        }
        action();
        return true;
    }

    private int Wait(EventBuffer events, bool hasComputed)
    {
        if (!_relays.IsEmpty || !_handshakes.IsEmpty)
        {
            return Poll(events, 0);
        }
        bool isInDialogue = _busyPoll.IsInDialogue(_moved);
        _moved = 0;
        // A handshake takes so long that a wake-up hardly counts.
        if (!isInDialogue || hasComputed)
        {
            return Poll(events, Forever);
        }
        long began = Stopwatch.GetTimestamp();
        bool looks = _busyPoll.IsDue;
        int count = looks ? Look(events, began) : 0;
        bool? rewarded = looks ? count > 0 : null;
        if (count == 0)
        {
            count = Poll(events, Forever);
        }
        _busyPoll.Waited(Stopwatch.GetElapsedTime(began), rewarded);
        return count;
    }

    private int Look(EventBuffer events, long began)
    {
        const int LooksPerClock = 4;
        for (int looks = 1; ; looks++)
        {
            int count = Poll(events, 0);
            if (count != 0 || (looks % LooksPerClock == 0 && Stopwatch.GetElapsedTime(began) >= _busyPoll.Limit))
            {
                return count;
            }
            // Whoever else wants this core has it.
            _ = LibC.sched_yield();
        }
    }

    private int Poll(EventBuffer events, int timeout) => LibC.epoll_wait((int)_epoll.DangerousGetHandle(), events.Pointer, events.Capacity, timeout);

    private void TakeWakeUp()
    {
        ulong posts;
        _ = LibC.read((int)_wakeUp.DangerousGetHandle(), &posts, sizeof(ulong));
        // A full fence: what was queued without a wake-up of its own is seen by the next look at the queues.
        Interlocked.Exchange(ref _wakeUpIsDue, 0);
    }
}

/// <summary>Whom an <see cref="EventLoop"/> tells of the events of a descriptor.</summary>
internal interface IEventHandler
{
    /// <summary>By the loop. Must not block.</summary>
    /// <param name="events">EPOLLIN and so on.</param>
    void OnEvents(uint events);
}
