using System.Collections.Concurrent;

namespace SshGateway.Proxy.Limits;

/// <summary>So many places for each key. It knows of the keys that have taken one and of no others.</summary>
internal sealed class PartitionedConcurrencyLimit<TKey>(int limit)
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, int> _taken = new();

    /// <summary>How many places a key has taken.</summary>
    public int CountOf(TKey key) => _taken.GetValueOrDefault(key);

    /// <summary>Takes a place, to be given back by <see cref="Leave"/>; false: there is none.</summary>
    public bool TryEnter(TKey key)
    {
        while (true)
        {
            if (!_taken.TryGetValue(key, out int count))
            {
                if (_taken.TryAdd(key, 1))
                {
                    return true;
                }
            }
            else if (count >= limit)
            {
                return false;
            }
            else if (_taken.TryUpdate(key, count + 1, count))
            {
                return true;
            }
        }
    }

    public void Leave(TKey key)
    {
        while (true)
        {
            int count = _taken[key];
            if (count == 1 ? _taken.TryRemove(new KeyValuePair<TKey, int>(key, 1)) : _taken.TryUpdate(key, count - 1, count))
            {
                return;
            }
        }
    }
}
