using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Watching;

/// <summary>
/// The objects of one collection as they were last seen, and which of them the reader has not been told of. An object
/// whose newest version cannot be decoded stays as it was: what is still there must not leave the table for a field
/// that nobody here understands.
/// </summary>
internal sealed class ObjectStore<T>(ChangeSignal changed)
    where T : KubernetesObject
{
    // After so many further deletions, a late event of a deleted object is no longer recognized as late.
    private const int MaxDeletions = 1000;

    private readonly Lock _lock = new();
    private readonly Dictionary<ObjectKey, string> _deleted = [];
    private readonly Queue<ObjectKey> _deletions = new();
    private Dictionary<ObjectKey, T> _objects = [];
    private Dictionary<ObjectKey, DecodedObject<T>> _unreadable = [];
    private HashSet<ObjectKey> _untold = [];
    private string? _version;
    private string? _listedVersion;
    private bool _isHistoryNew;
    private string? _problem;

    /// <summary>Whether everything that existed has been read once.</summary>
    public bool IsSynced => Version is not null;

    /// <summary>The latest version that was seen; null before the first list.</summary>
    public string? Version
    {
        get
        {
            lock (_lock)
            {
                return _version;
            }
        }
    }

    /// <summary>Why nothing has been read yet and nobody should wait for it; null: there is no such reason.</summary>
    public string? Problem
    {
        get
        {
            lock (_lock)
            {
                return _version is null ? _problem : null;
            }
        }
    }

    /// <summary>The collection cannot be read for now.</summary>
    public void Refuse(string problem)
    {
        lock (_lock)
        {
            _problem = problem;
        }
        changed.Set();
    }

    /// <summary>What changed since the last time; of an object that changed often, its latest state.</summary>
    public StoreChanges<T> TakeChanges()
    {
        lock (_lock)
        {
            var set = new List<T>();
            var removed = new List<ObjectKey>();
            var unreadable = new List<DecodedObject<T>>();
            foreach (ObjectKey key in _untold)
            {
                if (_objects.TryGetValue(key, out T? latest))
                {
                    set.Add(latest);
                }
                else
                {
                    removed.Add(key);
                }
                if (_unreadable.TryGetValue(key, out DecodedObject<T> item))
                {
                    unreadable.Add(item);
                }
            }
            var changes = new StoreChanges<T>(set, removed, unreadable, _version ?? "", _isHistoryNew);
            _untold = [];
            _isHistoryNew = false;
            return changes;
        }
    }

    /// <summary>A whole list: what is not in it is gone, and what has another uid is another object.</summary>
    /// <param name="isHistoryNew">The server went back to an earlier state: equal versions are not equal
    /// objects.</param>
    public void Replace(IEnumerable<DecodedObject<T>> items, string version, bool isHistoryNew)
    {
        lock (_lock)
        {
            Dictionary<ObjectKey, T> previous = _objects;
            _objects = [];
            _untold.UnionWith(_unreadable.Keys);
            _unreadable = [];
            foreach (DecodedObject<T> item in items)
            {
                if (previous.Remove(item.Key, out T? known))
                {
                    _objects[item.Key] = known;
                }
                Put(item, isHistoryNew);
            }
            _untold.UnionWith(previous.Keys);
            _version = version;
            // What was deleted before the list is older than the list.
            _listedVersion = version;
            _deleted.Clear();
            _deletions.Clear();
            _isHistoryNew |= isHistoryNew;
        }
        changed.Set();
    }

    /// <summary>An object came, or changed.</summary>
    public void Set(DecodedObject<T> item)
    {
        lock (_lock)
        {
            if (!IsStale(item))
            {
                _deleted.Remove(item.Key);
                Put(item, isHistoryNew: false);
            }
            Advance(item);
        }
        changed.Set();
    }

    /// <summary>An object is gone.</summary>
    public void Remove(DecodedObject<T> item)
    {
        lock (_lock)
        {
            if (!IsStale(item))
            {
                _objects.Remove(item.Key);
                _unreadable.Remove(item.Key);
                _untold.Add(item.Key);
                KeepDeletion(item);
            }
            Advance(item);
        }
        changed.Set();
    }

    /// <summary>Nothing happened up to this bookmark.</summary>
    public void Pass(DecodedObject<T> bookmark)
    {
        lock (_lock)
        {
            Advance(bookmark);
        }
        changed.Set();
    }

    // A newer state of the object was seen. The deletion can have the same version as the last state: servers differ
    // (linkerd/linkerd#1818).
    private bool IsStale(DecodedObject<T> item)
    {
        string? present = _unreadable.TryGetValue(item.Key, out DecodedObject<T> unreadable) ? unreadable.ResourceVersion
            : _objects.TryGetValue(item.Key, out T? known) ? known.Metadata?.ResourceVersion
            : null;
        if (present is not null)
        {
            return ResourceVersions.IsOlder(item.ResourceVersion, present);
        }
        return (_deleted.GetValueOrDefault(item.Key) ?? _listedVersion) is { } absent
            && (item.ResourceVersion == absent || ResourceVersions.IsOlder(item.ResourceVersion, absent));
    }

    private void KeepDeletion(DecodedObject<T> item)
    {
        _deleted[item.Key] = item.ResourceVersion;
        _deletions.Enqueue(item.Key);
        if (_deletions.Count > MaxDeletions)
        {
            _deleted.Remove(_deletions.Dequeue());
        }
    }

    private void Put(DecodedObject<T> item, bool isHistoryNew)
    {
        T? known = _objects.GetValueOrDefault(item.Key);
        if (item.Object is { } decoded)
        {
            _objects[item.Key] = decoded;
            bool wasUnreadable = _unreadable.Remove(item.Key);
            if (isHistoryNew || wasUnreadable || known?.Uid != item.Uid || known.Metadata?.ResourceVersion != item.ResourceVersion)
            {
                _untold.Add(item.Key);
            }
            return;
        }
        _unreadable[item.Key] = item;
        _untold.Add(item.Key);
        if (known?.Uid != item.Uid)
        {
            // Its predecessor of the same name is gone for certain.
            _objects.Remove(item.Key);
        }
    }

    private void Advance(DecodedObject<T> item)
    {
        if (item.ResourceVersion.Length > 0 && (_version is null || !ResourceVersions.IsOlder(item.ResourceVersion, _version)))
        {
            _version = item.ResourceVersion;
        }
    }
}

/// <summary>What is other in a store than when it was last asked.</summary>
/// <param name="Set">The objects that came or changed.</param>
/// <param name="Unreadable">Those whose newest version cannot be decoded: as they last were they are still there, if
/// they ever were.</param>
/// <param name="Version">Up to which version the store has everything.</param>
/// <param name="IsHistoryNew">Whether the server's versions began anew from an earlier one.</param>
internal sealed record StoreChanges<T>(
    IReadOnlyList<T> Set, IReadOnlyList<ObjectKey> Removed, IReadOnlyList<DecodedObject<T>> Unreadable, string Version, bool IsHistoryNew)
    where T : KubernetesObject;
