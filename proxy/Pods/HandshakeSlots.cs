using System.Collections.Concurrent;

namespace SshGateway.Proxy.Pods;

/// <summary>
/// At most a few handshakes at once with each pod: its sshd counts unauthenticated connections of all proxies together
/// and drops new ones at random beyond MaxStartups (10:30:100).
/// </summary>
internal sealed class HandshakeSlots(int perPod)
{
    private readonly ConcurrentDictionary<string, Slot> _slots = new();

    /// <summary>Waits for a free slot; dispose what is returned to give it back.</summary>
    public async Task<IDisposable> AcquireAsync(string podUid, CancellationToken cancellation)
    {
        while (true)
        {
            Slot slot = _slots.GetOrAdd(podUid, static (_, count) => new Slot(count), perPod);
            if (!slot.TryAddUser())
            {
                // Its last user is just leaving and removes it.
                Thread.Yield();
                continue;
            }
            try
            {
                await slot.Semaphore.WaitAsync(cancellation).ConfigureAwait(false);
            }
            catch
            {
                Release(podUid, slot);
                throw;
            }
            return new Lease(this, podUid, slot);
        }
    }

    private void Release(string podUid, Slot slot)
    {
        if (slot.RemoveUser())
        {
            _slots.TryRemove(new KeyValuePair<string, Slot>(podUid, slot));
        }
    }

    private sealed class Slot(int count)
    {
        private readonly Lock _lock = new();
        private int _users;
        private bool _closed;

        public SemaphoreSlim Semaphore { get; } = new(count);

        public bool TryAddUser()
        {
            lock (_lock)
            {
                if (_closed)
                {
                    return false;
                }
                _users++;
                return true;
            }
        }

        /// <summary>Whether that was the last user.</summary>
        public bool RemoveUser()
        {
            lock (_lock)
            {
                _closed = --_users == 0;
                return _closed;
            }
        }
    }

    private sealed class Lease(HandshakeSlots owner, string podUid, Slot slot) : IDisposable
    {
        public void Dispose()
        {
            slot.Semaphore.Release();
            owner.Release(podUid, slot);
        }
    }
}
