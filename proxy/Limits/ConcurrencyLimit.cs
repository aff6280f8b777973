using System.Collections.Concurrent;

namespace SshGateway.Proxy.Limits;

/// <summary>At most so many at once.</summary>
internal sealed class ConcurrencyLimit(int limit)
{
    private int _count;

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>False: there are as many as there may be. True: <see cref="Release"/> is owed.</summary>
    public bool TryAcquire()
    {
        int count;
        do
        {
            count = Count;
            if (count >= limit)
            {
                return false;
            }
        }
        while (Interlocked.CompareExchange(ref _count, count + 1, count) != count);
        return true;
    }

    public void Release() => Interlocked.Decrement(ref _count);
}

/// <summary>At most so many at once for each key. It remembers only keys that are in use.</summary>
internal sealed class PartitionedConcurrencyLimit<TKey>(int limit)
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, int> _counts = new();

    /// <summary>How many there are of a key.</summary>
    public int Count(TKey key) => _counts.GetValueOrDefault(key);

    /// <inheritdoc cref="ConcurrencyLimit.TryAcquire"/>
    public bool TryAcquire(TKey key)
    {
        while (true)
        {
            if (!_counts.TryGetValue(key, out int count))
            {
                if (_counts.TryAdd(key, 1))
                {
                    return true;
                }
            }
            else if (count >= limit)
            {
                return false;
            }
            else if (_counts.TryUpdate(key, count + 1, count))
            {
                return true;
            }
        }
    }

    public void Release(TKey key)
    {
        while (true)
        {
            int count = _counts[key];
            if (count == 1 ? _counts.TryRemove(new KeyValuePair<TKey, int>(key, 1)) : _counts.TryUpdate(key, count - 1, count))
            {
                return;
            }
        }
    }
}
