using SshGateway.Operator.Model;
using SshGateway.Operator.Publishing;
using SshGateway.Operator.Routing;
using Xunit;

namespace SshGateway.Tests.Unit.Publishing;

/// <summary>Which sessions a person owns, as sessions come and go.</summary>
public sealed class SessionOwnersTests
{
    private readonly SessionOwners _owners = new();

    [Fact]
    public void Sessions_are_found_by_their_owner_until_they_are_gone()
    {
        Observe(Session("one", "b", "alice@example.com"), Session("one", "a", "alice@example.com"), Session("one", "c", "bob"));
        Assert.Equal(["a", "b"], _owners.Find("alice@example.com"));
        Assert.Empty(_owners.Find("alice"));

        Observe(Gone("one", "b"), Session("one", "c", "alice@example.com"));

        Assert.Equal(["a", "c"], _owners.Find("alice@example.com"));
        Assert.Empty(_owners.Find("bob"));
    }

    [Fact]
    public void An_id_that_another_namespaces_session_gets_in_the_same_step_stays_listed()
    {
        Observe(Session("one", "a", "alice"));
        Observe(Session("two", "a", "alice"), Gone("one", "a"));
        Assert.Equal(["a"], _owners.Find("alice"));
    }

    // It has lost its id to another session.
    [Fact]
    public void A_session_without_a_route_is_not_listed()
    {
        Observe(Session("one", "a", "alice", isRouted: false));
        Assert.Empty(_owners.Find("alice"));
    }

    private static (ObjectKey Key, SessionState? State) Session(string ofNamespace, string id, string owner, bool isRouted = true)
    {
        var session = new ClaudeSession
        {
            Metadata = new ObjectMeta { Name = id, Namespace = ofNamespace },
            Spec = new SessionSpec { Owner = new SessionOwner { User = owner } },
        };
        return (session.Key, new SessionState(session, isRouted ? RoutedSession.Refused(session, "of this test") : null, null, null));
    }

    private static (ObjectKey Key, SessionState? State) Gone(string ofNamespace, string id) => (new ObjectKey(ClaudeSession.KindName, ofNamespace, id), null);

    private void Observe(params (ObjectKey Key, SessionState? State)[] states) =>
        _owners.Observe(new RouteChanges([], [], states.ToDictionary(state => state.Key, state => state.State), []));
}
