using System.Collections.Concurrent;
using System.Collections.Immutable;
using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;

namespace SshGateway.Operator.Publishing;

/// <summary>Which sessions a person owns. Readers take no lock.</summary>
internal sealed class SessionOwners : IRouteObserver
{
    private static readonly ImmutableSortedSet<string> None = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, ImmutableSortedSet<string>> _sessions = new(StringComparer.Ordinal);

    // Of the publisher alone, which tells of one change after the other.
    private readonly Dictionary<ObjectKey, (string User, string SessionId)> _owners = [];

    /// <summary>The ids of the sessions with this spec.owner.user, in order.</summary>
    public IReadOnlyCollection<string> Find(string user) => Read(user);

    public void Observe(RouteChanges changes)
    {
        // First what was: an id may come to another namespace's session in the same step.
        foreach (ObjectKey key in changes.States.Keys)
        {
            if (_owners.Remove(key, out (string User, string SessionId) before))
            {
                Set(before.User, Read(before.User).Remove(before.SessionId));
            }
        }
        foreach ((ObjectKey key, SessionState? state) in changes.States)
        {
            if (state is { Route: { } route, Session.Spec.Owner.User: { Length: > 0 } user })
            {
                _owners[key] = (user, route.SessionId);
                Set(user, Read(user).Add(route.SessionId));
            }
        }
    }

    private ImmutableSortedSet<string> Read(string user) => _sessions.GetValueOrDefault(user, None);

    private void Set(string user, ImmutableSortedSet<string> sessions)
    {
        if (sessions.IsEmpty)
        {
            _sessions.TryRemove(user, out _);
        }
        else
        {
            _sessions[user] = sessions;
        }
    }
}
