using System.Globalization;
using SshGateway.Feed;
using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Unit.Routing;

/// <summary>An id stays with the session that has it, and never passes to one that was beside it.</summary>
public sealed class IdBindingTests
{
    private static readonly RoutingOptions Options = new(AllowLoopbackPods: false, AllowUnlabelledPods: false);

    private readonly SessionRouter _router = new(Options);

    [Fact]
    public void Whatever_happens_nobody_inherits_an_id()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("SSHGATEWAY_SEED"), CultureInfo.InvariantCulture, out int given) ? given : Random.Shared.Next();
        for (int cluster = 0; cluster < 40; cluster++)
        {
            Follow(unchecked(seed + cluster));
        }
    }

    [Fact]
    public void The_loser_never_gets_the_id_and_the_winner_that_is_made_anew_does()
    {
        Apply(Session("a", "1", age: 2));
        RouteChanges beside = Apply(Session("b", "2", age: 1));
        Assert.Equal("ClaudeSession a/x", beside.States[Key("b")]!.Conflict!.Holder.ToString());
        Assert.Equal(("a", "1"), Holder());

        RouteChanges gone = _router.Apply(new ClusterChanges { Removed = [Key("a")] });
        Assert.Equal(["x"], gone.Gone);
        Assert.Empty(gone.Routed);
        Assert.Equal((null, new IdConflict(null)), (gone.States[Key("b")]!.Route, gone.States[Key("b")]!.Conflict));
        Apply(Session("b", "2", age: 1) with { Spec = new SessionSpec { Access = "Draining" } });
        Assert.Null(Holder());

        Apply(Session("a", "3", age: 0));
        Assert.Equal(("a", "3"), Holder());
        _router.Apply(new ClusterChanges { Removed = [Key("a")] });
        Apply(Session("b", "4", age: 0));
        Assert.Equal(("b", "4"), Holder());
    }

    [Fact]
    public void A_winner_that_is_made_anew_between_two_looks_gets_the_id_again()
    {
        Apply(Session("a", "1", age: 2), Session("b", "2", age: 1));
        RouteChanges changes = Apply(Session("a", "3", age: 0));

        Assert.Equal(("a", "3"), Holder());
        Assert.Equal(new IdConflict(Key("a")), changes.States[Key("b")]!.Conflict);
    }

    [Fact]
    public void An_operator_that_starts_after_the_winner_went_refuses_by_the_status()
    {
        RouteChanges changes = Apply(Marked(Session("b", "2", age: 1)));
        Assert.Equal((0, new IdConflict(null)), (changes.Routed.Count, changes.States[Key("b")]!.Conflict));

        Apply(Session("b", "3", age: 0));
        Assert.Equal(("b", "3"), Holder());
    }

    // Their order in time is another one at each replica, for each namespace is a stream of its own.
    [Fact]
    public void Replicas_that_saw_two_sessions_in_different_orders_agree_by_the_status()
    {
        ClaudeSession one = Session("a", "1", age: 1);
        ClaudeSession other = Session("b", "2", age: 1);
        var leader = new SessionRouter(Options);
        leader.Apply(new ClusterChanges { Sessions = [other] });
        SessionState refused = leader.Apply(new ClusterChanges { Sessions = [one] }).States[one.Key]!;
        Assert.NotNull(refused.Conflict);
        Apply(one);
        Apply(other);
        Assert.Equal(("a", "1"), Holder());

        Apply(Marked(one));
        Assert.Equal(("b", "2"), Holder());
        var late = new SessionRouter(Options);
        late.Apply(new ClusterChanges { Sessions = [Marked(one), other] });
        Assert.Equal("b", Assert.Single(late.Routes).Namespace);

        _router.Apply(new ClusterChanges { Removed = [other.Key] });
        late.Apply(new ClusterChanges { Removed = [other.Key] });
        Assert.Equal((0, 0), (_router.Routes.Count(), late.Routes.Count()));
    }

    [Fact]
    public void A_spec_that_cannot_be_read_does_not_hide_what_the_status_says()
    {
        ClaudeSession loser = Session("b", "2", age: 1);
        ClaudeSession unread = Marked(loser) with { Spec = null };

        // Never read: it says so again, or the next operator would not know.
        RouteChanges never = _router.Apply(new ClusterChanges { Unreadable = [new UnreadableSession(unread, "why")] });
        Assert.Equal(new IdConflict(null), never.States[Key("b")]!.Conflict);

        // Read once, as it was before it lost.
        Apply(loser);
        Assert.Equal(("b", "2"), Holder());
        RouteChanges now = _router.Apply(new ClusterChanges { Unreadable = [new UnreadableSession(unread, "why")] });
        Assert.Equal((null, new IdConflict(null)), (Holder(), now.States[Key("b")]!.Conflict));
    }

    // Manifests have no uid: one that is taken away and put there again is another session.
    [Fact]
    public void In_a_directory_a_session_is_made_anew_by_a_look_without_it()
    {
        Apply(Session("a", "", age: null), Session("b", "", age: null));
        _router.Apply(new ClusterChanges { Removed = [Key("a")] });
        Apply(Session("b", "", age: null) with { Spec = new SessionSpec() });
        Assert.Null(Holder());

        _router.Apply(new ClusterChanges { Removed = [Key("b")] });
        Apply(Session("b", "", age: null));
        Assert.Equal(("b", ""), Holder());

        // Moved to another namespace: the two were never there together.
        _router.Apply(new ClusterChanges { Removed = [Key("b")], Sessions = [Session("c", "", age: null)] });
        Assert.Equal(("c", ""), Holder());
    }

    [Fact]
    public void Only_the_reason_of_Ready_is_a_lost_id()
    {
        Assert.True(Marked(Session("a", "1", age: 1)).HasLostId);
        Assert.False(Saying("Ready", "Conflict").HasLostId);
        Assert.False(Saying("PodBound", ReadyReasons.SessionIdTaken).HasLostId);
        Assert.False(new ClaudeSession { Status = new SessionStatus() }.HasLostId);

        static ClaudeSession Saying(string type, string reason) =>
            new() { Status = new SessionStatus { Conditions = [null!, new SessionCondition { Type = type, Reason = reason }] } };
    }

    private static void Follow(int seed)
    {
        var events = new ClusterEvents(new Random(seed));
        var cluster = new ClusterState();
        var router = new SessionRouter(Options);
        Dictionary<string, SessionIncarnation> holders = [];
        HashSet<SessionIncarnation> there = [];
        HashSet<SessionIncarnation> losers = [];
        for (int step = 0; step < 150; step++)
        {
            string where = $"SSHGATEWAY_SEED={seed}, step {step}";
            ClusterChanges changes = events.Next();
            cluster.Apply(changes);
            router.Apply(changes);
            Dictionary<SessionIncarnation, ClaudeSession> present = cluster.Objects.Sessions.ToDictionary(SessionIncarnation.From);
            var now = router.Routes.ToDictionary(r => r.SessionId, r => present.Keys.Single(i => i.Key.Name == r.SessionId && i.Key.Namespace == r.Namespace));

            losers.IntersectWith(present.Keys);
            losers.UnionWith(present.Where(p => p.Value.HasLostId).Select(p => p.Key));
            foreach ((string id, SessionIncarnation holder) in holders)
            {
                if (!present.ContainsKey(holder))
                {
                    losers.UnionWith(there.Where(i => i.Key.Name == id && present.ContainsKey(i)));
                }
                else if (!losers.Contains(holder))
                {
                    Assert.True(now.GetValueOrDefault(id) == holder, $"{where}: {id} left {holder}");
                }
            }
            Assert.True(!now.Values.Any(losers.Contains), $"{where}: a loser has its id");
            Assert.True(
                present.Keys.Where(i => i.Key.Name != "No_Id" && !losers.Contains(i)).All(i => now.ContainsKey(i.Key.Name)), $"{where}: an id that is free is nobody's");
            holders = now;
            there = [.. present.Keys];
        }
    }

    private RouteChanges Apply(params ClaudeSession[] sessions) => _router.Apply(new ClusterChanges { Sessions = sessions });

    private (string Namespace, string Uid)? Holder() =>
        _router.Routes.SingleOrDefault() is { } route && _router.Bindings["x"].Holder is { } holder && holder.Key.Namespace == route.Namespace
            ? (route.Namespace, holder.Uid)
            : null;

    private static ObjectKey Key(string ofNamespace) => new(ClaudeSession.KindName, ofNamespace, "x");

    /// <param name="ofNamespace">Its namespace.</param>
    /// <param name="uid">Its uid.</param>
    /// <param name="age">In seconds; null: a manifest.</param>
    private static ClaudeSession Session(string ofNamespace, string uid, int? age) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = "x",
            Namespace = ofNamespace,
            Uid = uid,
            CreationTimestamp = age is { } seconds ? DateTimeOffset.UnixEpoch.AddSeconds(-seconds) : null,
        },
        Spec = new SessionSpec(),
    };

    private static ClaudeSession Marked(ClaudeSession session) => session with
    {
        Status = new SessionStatus { Conditions = [new SessionCondition { Type = SessionCondition.Ready, Status = "False", Reason = ReadyReasons.SessionIdTaken }] },
    };
}
