using CsCheck;
using SshGateway.Feed;
using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Routing;
using Xunit;

namespace SshGateway.Tests.Unit.Routing;

/// <summary>The router, told of one change after the other, beside one that is told everything at once.</summary>
public sealed class SessionRouterTests
{
    private const int Clusters = 500;

    // A change takes 30 to 40 of them.
    private const int MaxChoices = 2500;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void After_any_changes_the_routes_are_those_of_a_fresh_router(bool allowUnlabelled)
    {
        var options = new RoutingOptions(AllowLoopbackPods: true, allowUnlabelled);
        Choices.UpTo(MaxChoices).Sample(numbers => Follow(new Choices(numbers), options), iter: Clusters, print: numbers => $"{numbers.Length} choices");
    }

    [Fact]
    public void A_change_is_followed_only_to_the_sessions_that_it_touches()
    {
        var router = new SessionRouter(new RoutingOptions(false, false));
        router.Apply(ClusterChanges.Everything(new ClusterObjects([.. Enumerable.Range(0, 100).Select(Session)], [.. Enumerable.Range(0, 100).Select(i => Pod(i, i))])));

        RouteChanges moved = router.Apply(new ClusterChanges { Pods = [Pod(7, 107)] });
        Assert.Equal(["s7"], moved.Routed.Select(r => r.SessionId));
        Assert.Equal(["s7"], moved.States.Keys.Select(k => k.Name));

        RouteChanges taken = router.Apply(new ClusterChanges { Pods = [Pod(8, 9)] });
        Assert.Equal(["s8", "s9"], taken.Routed.Select(r => r.SessionId));

        RouteChanges gone = router.Apply(new ClusterChanges { Removed = [Session(5).Key, Pod(6, 6).Key] });
        Assert.Equal(["s6"], gone.Routed.Select(r => r.SessionId));
        Assert.Equal(["s5"], gone.Gone);
        Assert.Null(gone.States[Session(5).Key]);
    }

    [Fact]
    public void Sessions_that_wait_for_the_same_labels_are_asked_only_when_the_first_pod_matches_and_the_last_no_longer_does()
    {
        var router = new SessionRouter(new RoutingOptions(false, false));
        router.Apply(new ClusterChanges { Sessions = [Selecting("s1"), Selecting("s2")] });

        Assert.Equal(["s1", "s2"], router.Apply(new ClusterChanges { Pods = [Labelled("p1")] }).Routed.Select(r => r.SessionId));
        Assert.All(router.Routes, r => Assert.Equal(BindingReasons.LabelMismatch, r.Binding));
        Assert.Empty(router.Apply(new ClusterChanges { Pods = [Labelled("p2"), Labelled("p1")] }).Routed);
        Assert.Empty(router.Apply(new ClusterChanges { Removed = [Labelled("p1").Key] }).Routed);
        Assert.Equal(["s1", "s2"], router.Apply(new ClusterChanges { Removed = [Labelled("p2").Key] }).Routed.Select(r => r.SessionId));

        static ClaudeSession Selecting(string name) =>
            Session(0) with { Metadata = new ObjectMeta { Name = name }, Spec = new SessionSpec { Pod = new PodSelection { MatchLabels = new Dictionary<string, string> { ["app"] = "claude" } } } };

        static Pod Labelled(string name) =>
            new() { Metadata = new ObjectMeta { Name = name, Uid = name, Labels = new Dictionary<string, string> { ["app"] = "claude", ["other"] = "label" } } };
    }

    [Fact]
    public void A_session_on_which_our_code_fails_takes_no_logins_and_the_others_do()
    {
        var router = new SessionRouter(new RoutingOptions(false, false));
        ClaudeSession bad = Session(1) with { Spec = new SessionSpec { Ssh = new SshSpec { AuthorizedKeys = new ThrowingList<string?>() } } };
        RouteChanges changes = router.Apply(ClusterChanges.Everything(new ClusterObjects([Session(0), bad, Session(2)], [Pod(1, 1)])));

        Assert.Equal(["s0", "s1", "s2"], changes.Routed.Select(r => r.SessionId));
        RoutedSession refused = changes.Routed[1];
        Assert.Equal((EndpointState.None, Access.Draining, ReadyReasons.InvalidSpec), (refused.State, refused.Access, refused.Reason));
        Assert.Empty(refused.AuthorizedKeys);
        RoutingFault fault = Assert.Single(changes.Faults);
        Assert.Equal((bad.Key, ThrowingList<string>.Message), (fault.Session, fault.Exception.Message));
    }

    [Fact]
    public void A_session_that_cannot_be_read_is_routed_as_it_last_was_and_says_so()
    {
        var router = new SessionRouter(new RoutingOptions(false, false));
        router.Apply(ClusterChanges.Everything(new ClusterObjects([Session(0)], [Pod(0, 1)])));
        ClaudeSession newest = Session(0) with { Spec = null };

        RouteChanges changes = router.Apply(new ClusterChanges { Unreadable = [new UnreadableSession(newest, "why"), new UnreadableSession(Session(1), "unknown")] });

        Assert.Empty(changes.Routed);
        Assert.Equal("s0", Assert.Single(router.Routes).SessionId);
        Assert.Equal((newest, "why", "s0"), (changes.States[newest.Key]!.Session, changes.States[newest.Key]!.Problem, changes.States[newest.Key]!.Route!.SessionId));
        Assert.Equal(("unknown", null), (changes.States[Session(1).Key]!.Problem, changes.States[Session(1).Key]!.Route));

        Assert.Null(router.Apply(new ClusterChanges { Sessions = [Session(0)] }).States[newest.Key]!.Problem);
        Assert.Null(router.Apply(new ClusterChanges { Removed = [Session(1).Key] }).States[Session(1).Key]);
    }

    [Fact]
    public void A_change_of_a_config_map_touches_the_sessions_that_name_it_and_they_share_its_keys()
    {
        var router = new SessionRouter(new RoutingOptions(false, false));
        ClaudeSession[] sessions = [.. Enumerable.Range(0, 100).Select(i => i % 10 == 0 ? Taking(i, "alice") : i % 10 == 1 ? Taking(i, "bob") : Session(i))];
        router.Apply(ClusterChanges.Everything(new ClusterObjects(sessions, [])));

        RouteChanges made = router.Apply(new ClusterChanges { KeyObjects = [Keys("alice")] });
        Assert.Equal(sessions.Where((_, i) => i % 10 == 0).Select(s => s.Name).Order(StringComparer.Ordinal), made.Routed.Select(r => r.SessionId));
        Assert.All(made.Routed, route => Assert.Same(made.Routed[0].AuthorizedKeys[0], Assert.Single(route.AuthorizedKeys)));

        Assert.Empty(router.Apply(new ClusterChanges { KeyObjects = [Keys("carol")] }).Routed);
        RouteChanges gone = router.Apply(new ClusterChanges { Removed = [Keys("alice").Key] });
        Assert.Equal(10, gone.Routed.Count);
        Assert.All(gone.Routed, route => Assert.Empty(route.AuthorizedKeys));

        router.Apply(new ClusterChanges { Sessions = [Session(0)], Removed = [Session(10).Key] });
        Assert.Equal(8, router.Apply(new ClusterChanges { KeyObjects = [Keys("alice")] }).Routed.Count);
    }

    [Fact]
    public void What_cannot_be_read_is_said_until_it_can()
    {
        var router = new SessionRouter(new RoutingOptions(false, false));
        string[] problems = [Problem(new ClusterChanges { Sessions = [Taking(0, "alice")] }), Problem(State("no permission")), Problem(State(null)), Problem(new ClusterChanges { KeyObjects = [Keys("alice")] })];

        Assert.Equal(
        [
            "spec.ssh.authorizedKeysFrom[0]: ConfigMap alice has not been read yet",
            "spec.ssh.authorizedKeysFrom[0]: ConfigMap alice cannot be read: no permission",
            "spec.ssh.authorizedKeysFrom[0]: ConfigMap alice does not exist, or does not have the label tars.cloudwalk.network/authorized-keys",
            "",
        ], problems);

        string Problem(ClusterChanges changes) => string.Concat(Assert.Single(router.Apply(changes).Routed).MissingKeys);

        static ClusterChanges State(string? problem) => new()
        {
            KeyCollections = [new KeyCollection(ConfigMap.KindName, ObjectMeta.DefaultNamespace, problem), new KeyCollection(ConfigMap.KindName, "another", "not this")],
        };
    }

    private static ClaudeSession Taking(int number, string configMap) => Session(number) with
    {
        Spec = new SessionSpec { Owner = new SessionOwner { User = "alice" }, Ssh = new SshSpec { AuthorizedKeysFrom = [new KeysSource { ConfigMapRef = new KeysReference { Name = configMap } }] } },
    };

    private static ConfigMap Keys(string name) => new()
    {
        Metadata = new ObjectMeta { Name = name, Labels = new Dictionary<string, string> { [KeyObject.LabelName] = "" } },
        Data = new Dictionary<string, KeyText> { [KeysReference.DefaultKey] = new KeyText(Support.Yaml.Samples.Key, null) },
    };

    private static void Follow(Choices choices, RoutingOptions options)
    {
        var events = new ClusterEvents(choices);
        var cluster = new ClusterState();
        var router = new SessionRouter(options);
        var told = new Dictionary<string, RoutedSession>();
        var states = new Dictionary<ObjectKey, SessionState>();
        for (int step = 0; !choices.AreSpent; step++)
        {
            ClusterChanges changes = events.Next();
            cluster.Apply(changes);
            var before = router.Bindings.ToDictionary(StringComparer.Ordinal);
            RouteChanges routes = router.Apply(changes);
            Add(routes, told, states);

            string where = $"step {step}";
            Assert.True(routes.Faults.Count == 0, $"{where}: {string.Join("; ", routes.Faults)}");
            var fresh = new SessionRouter(options, before);
            RouteChanges all = fresh.Apply(ClusterChanges.Everything(cluster.Objects));
            string expected = Print(fresh.Routes);
            Assert.True(expected == Print(router.Routes), $"{where}\nexpected\n{expected}\nactual\n{Print(router.Routes)}");
            Assert.True(expected == Print(told.Values.OrderBy(r => r.SessionId, StringComparer.Ordinal)), $"{where}: what is told is not what is");
            Assert.True(Print(all.States!) == Print(states!), $"{where}\nexpected\n{Print(all.States!)}\nactual\n{Print(states!)}");
        }
    }

    private static void Add(RouteChanges changes, Dictionary<string, RoutedSession> told, Dictionary<ObjectKey, SessionState> states)
    {
        foreach (RoutedSession route in changes.Routed)
        {
            told[route.SessionId] = route;
        }
        foreach (string gone in changes.Gone)
        {
            Assert.True(told.Remove(gone));
        }
        foreach ((ObjectKey key, SessionState? state) in changes.States)
        {
            states.Remove(key);
            if (state is not null)
            {
                states[key] = state;
            }
        }
    }

    // The status is made of the pod, too: it must be the latest one.
    private static string Print(IEnumerable<RoutedSession> routes) =>
        string.Concat(routes.Select(r => $"{GoldenCase.Print([r])}  bound: {r.BoundPod?.Key} {r.BoundPod?.GetHashCode()}\n"));

    private static string Print(IEnumerable<KeyValuePair<ObjectKey, SessionState>> states) => string.Concat(states
        .OrderBy(s => s.Key.ToString(), StringComparer.Ordinal)
        .Select(s => $"{s.Key}: {s.Value.Session.GetHashCode()} conflict {s.Value.Conflict}\n{(s.Value.Route is { } route ? Print([route]) : "")}"));

    private static ClaudeSession Session(int number) => new() { Metadata = new ObjectMeta { Name = $"s{number}", Uid = $"{number}" }, Spec = new SessionSpec() };

    private static Pod Pod(int number, int address) => new()
    {
        Metadata = new ObjectMeta { Name = $"p{number}", Uid = $"u{number}", Labels = new Dictionary<string, string> { [ClaudeSession.SessionLabel] = $"s{number}" } },
        Status = new PodStatus { PodIP = $"10.0.0.{address}" },
    };
}
