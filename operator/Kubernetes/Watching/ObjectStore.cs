using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Watching;

/// <summary>
/// The objects of one collection as they were last seen. An object whose newest version cannot be decoded stays as it
/// was: what is still there must not leave the table for a field that nobody here understands.
/// </summary>
internal sealed class ObjectStore<T>(ChangeSignal changed)
    where T : KubernetesObject
{
    private readonly Lock _lock = new();
    private Dictionary<ObjectKey, T> _objects = [];

    /// <summary>Whether everything that existed has been read once.</summary>
    public bool IsSynced { get; private set; }

    public IReadOnlyList<T> Objects
    {
        get
        {
            lock (_lock)
            {
                return [.. _objects.Values];
            }
        }
    }

    /// <summary>A whole list: what is not in it is gone, and what has another uid is another object.</summary>
    public void Replace(IEnumerable<DecodedObject<T>> items)
    {
        lock (_lock)
        {
            Dictionary<ObjectKey, T> previous = _objects;
            _objects = [];
            foreach (DecodedObject<T> item in items)
            {
                if (previous.TryGetValue(item.Key, out T? known))
                {
                    _objects[item.Key] = known;
                }
                Put(item);
            }
            IsSynced = true;
        }
        changed.Set();
    }

    /// <summary>An object came, or changed.</summary>
    public void Set(DecodedObject<T> item)
    {
        lock (_lock)
        {
            Put(item);
        }
        changed.Set();
    }

    /// <summary>An object is gone.</summary>
    public void Remove(ObjectKey key)
    {
        lock (_lock)
        {
            _objects.Remove(key);
        }
        changed.Set();
    }

    private void Put(DecodedObject<T> item)
    {
        if (item.Object is { } decoded)
        {
            _objects[item.Key] = decoded;
        }
        else if (_objects.TryGetValue(item.Key, out T? known) && known.Uid != item.Uid)
        {
            // Its predecessor of the same name is gone for certain.
            _objects.Remove(item.Key);
        }
    }
}
