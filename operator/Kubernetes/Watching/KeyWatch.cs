using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Watching;

/// <summary>
/// The ConfigMaps or Secrets with keys of a namespace, or of all. They are listed and watched from when the first
/// session names one: an installation without such sessions needs no permission for them.
/// </summary>
/// <param name="ofNamespace">Empty: all namespaces.</param>
/// <param name="reflector">Null: the configuration does not allow to read them.</param>
internal sealed class KeyWatch<T>(string kind, string ofNamespace, Reflector<T>? reflector) : IKeyWatch
    where T : KeyObject
{
    private KeyCollection? _told;
    private bool _isWanted;

    public string Kind => kind;

    public bool IsSettled => !_isWanted || reflector is null || reflector.Store.IsSynced || reflector.Store.Problem is not null;

    public Task? Want(CancellationToken cancellationToken)
    {
        if (_isWanted)
        {
            return null;
        }
        _isWanted = true;
        return reflector?.RunAsync(cancellationToken);
    }

    public void CatchUp(ulong version)
    {
        if (_isWanted)
        {
            reflector?.CatchUp(version);
        }
    }

    public KeyChanges TakeChanges()
    {
        if (!_isWanted)
        {
            return KeyChanges.None;
        }
        if (reflector is null)
        {
            return KeyChanges.None with { State = Tell("Operator:AuthorizedKeysSecrets is off") };
        }
        // Before the objects: what is listed in between is told with the next changes at the latest.
        string? problem = reflector.Store.Problem;
        bool isRead = reflector.Store.IsSynced;
        StoreChanges<T> changes = reflector.Store.TakeChanges();
        return new KeyChanges(
            changes.Set, changes.Removed, isRead || problem is not null ? Tell(problem) : null, ResourceVersions.Number(changes.Version) ?? 0, changes.IsHistoryNew);
    }

    // Null: it has been told.
    private KeyCollection? Tell(string? problem)
    {
        var state = new KeyCollection(kind, ofNamespace, problem);
        if (state == _told)
        {
            return null;
        }
        _told = state;
        return state;
    }
}

/// <summary>One of the two kinds.</summary>
internal interface IKeyWatch
{
    string Kind { get; }

    /// <summary>Whether everything that is wanted has been read, or cannot be.</summary>
    bool IsSettled { get; }

    /// <summary>A session names such an object.</summary>
    /// <returns>The watch, if it begins with this.</returns>
    Task? Want(CancellationToken cancellationToken);

    /// <summary>Somebody waits for this version.</summary>
    void CatchUp(ulong version);

    KeyChanges TakeChanges();
}

/// <summary>What is other than it was.</summary>
/// <param name="State">Whether the collection can be read, if that is new.</param>
/// <param name="Version">Zero: nothing has been read.</param>
internal sealed record KeyChanges(IReadOnlyList<KeyObject> Set, IReadOnlyList<ObjectKey> Removed, KeyCollection? State, ulong Version, bool IsHistoryNew)
{
    public static readonly KeyChanges None = new([], [], null, 0, false);
}
