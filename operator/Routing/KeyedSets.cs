namespace SshGateway.Operator.Routing;

/// <summary>An index: a set of items for each key. A key without items takes no memory.</summary>
internal sealed class KeyedSets<TKey, TItem>
    where TKey : notnull
{
    private readonly Dictionary<TKey, HashSet<TItem>> _sets = [];

    public IReadOnlyCollection<TItem> this[TKey key] => _sets.TryGetValue(key, out HashSet<TItem>? set) ? set : [];

    public void Add(TKey key, TItem item)
    {
        if (!_sets.TryGetValue(key, out HashSet<TItem>? set))
        {
            _sets[key] = set = [];
        }
        set.Add(item);
    }

    public void Remove(TKey key, TItem item)
    {
        if (_sets.TryGetValue(key, out HashSet<TItem>? set) && set.Remove(item) && set.Count == 0)
        {
            _sets.Remove(key);
        }
    }
}
