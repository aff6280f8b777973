using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Exec.Feed;
using SshGateway.Exec.Sessions;
using SshGateway.Feed;
using SshGateway.Feed.Client;
using Xunit;

namespace SshGateway.Tests.Unit.Table;

/// <summary>The relay's sessions are those of the feed that have no sshd. The others are in the hash.</summary>
public sealed class ExecFeedTableTests
{
    private readonly ExecSessionTable _sessions = new();
    private readonly ExecFeedTable _table;
    private readonly TableUpdater _updater;
    private ulong _sequence;

    public ExecFeedTableTests()
    {
        _table = new ExecFeedTable(_sessions);
        _updater = new TableUpdater(_table, RelayFeed.Program, NullLogger.Instance);
    }

    [Fact]
    public void A_pod_without_sshd_is_a_session_with_everything_that_it_says()
    {
        Entry entry = Exec("abc12", "uid-1");
        entry.Exec.Shell = "/bin/zsh";
        entry.Exec.SftpServer = "/opt/sftp-server";
        entry.Exec.AcceptEnv.Add("GIT_*");

        Assert.Null(_table.Upsert(entry));

        Assert.True(_sessions.TryGet("abc12", out ExecSession? session));
        Assert.Equal(("claude-sessions", "pod-abc12", "uid-1", "agent"), (session.Namespace, session.PodName, session.PodUid, session.Container));
        Assert.Equal(("/bin/zsh", "/opt/sftp-server", "10.0.0.1", null), (session.Shell, session.SftpServer, session.PodAddress?.ToString(), session.Refusal));
        Assert.Equal(["GIT_*"], session.AcceptEnv);
    }

    [Fact]
    public void Sessions_with_and_without_sshd_make_the_operators_hash()
    {
        Synchronize(Exec("a", "uid-1"), Ssh("b", "uid-2"), Exec("c", "uid-3"));

        Assert.True(_updater.IsSynced);
        Assert.Equal(2, _sessions.Count);
        Assert.False(_sessions.TryGet("b", out _));
    }

    [Fact]
    public void A_session_that_gets_an_sshd_is_no_longer_the_relays()
    {
        Synchronize(Exec("a", "uid-1"), Exec("b", "uid-2"));

        Change(new Delta { Upserts = { Ssh("a", "uid-1") } });
        Agree(Ssh("a", "uid-1"), Exec("b", "uid-2"));

        Assert.False(_sessions.TryGet("a", out _));
        Assert.True(_sessions.TryGet("b", out _));
    }

    [Fact]
    public void A_removal_of_a_pod_that_is_not_the_tables_any_more_removes_nothing()
    {
        Synchronize(Exec("a", "uid-1"));
        Change(new Delta { Upserts = { Exec("a", "uid-2") } });

        Change(new Delta { Removals = { new Removal { SessionId = "a", PodUid = "uid-1" } } });
        Agree(Exec("a", "uid-2"));
        Assert.True(_sessions.TryGet("a", out ExecSession? session));
        Assert.Equal("uid-2", session.PodUid);

        Change(new Delta { Removals = { new Removal { SessionId = "a", PodUid = "uid-2" } } });
        Agree();
        Assert.Equal(0, _sessions.Count);
    }

    [Fact]
    public void A_snapshot_removes_what_it_does_not_name()
    {
        Synchronize(Exec("a", "uid-1"), Exec("b", "uid-2"), Ssh("c", "uid-3"));

        Synchronize(Exec("b", "uid-2"));

        Assert.False(_sessions.TryGet("a", out _));
        Assert.Equal(1, _sessions.Count);
    }

    [Fact]
    public void An_entry_that_breaks_a_rule_leaves_the_session_as_it_was()
    {
        Synchronize(Exec("a", "uid-1"));
        Entry bad = Exec("a", "uid-2");
        bad.Exec.Shell = "not/absolute";

        Change(new Delta { Upserts = { bad } });
        Agree(bad);

        Assert.True(_sessions.TryGet("a", out ExecSession? session));
        Assert.Equal("uid-1", session.PodUid);
    }

    [Fact]
    public void A_disabled_session_and_one_without_a_pod_say_why_they_are_refused()
    {
        Entry disabled = Exec("a", "uid-1");
        disabled.Access = Access.Disabled;
        Entry closing = Exec("b", "uid-2");
        closing.Access = Access.Draining;
        Entry none = Exec("c", "");
        (none.State, none.PodIp, none.Reason) = (EndpointState.None, Google.Protobuf.ByteString.Empty, ReadyReasons.WaitingForPod);

        Synchronize(disabled, closing, none);

        Assert.Equal("Session a is disabled.", Find("a").Refusal);
        // The proxies let nobody in; who is in may go on.
        Assert.Null(Find("b").Refusal);
        Assert.Equal("Session c has no pod (WaitingForPod).", Find("c").Refusal);
        Assert.Null(Find("c").PodAddress);
    }

    private static Entry Exec(string id, string podUid)
    {
        Entry entry = Ssh(id, podUid);
        entry.Port = 0;
        entry.Exec = new ExecPod { Container = "agent" };
        return entry;
    }

    private static Entry Ssh(string id, string podUid) => new()
    {
        SessionId = id,
        Namespace = "claude-sessions",
        State = EndpointState.Ready,
        Access = Access.Enabled,
        PodName = $"pod-{id}",
        PodUid = podUid,
        PodIp = Google.Protobuf.ByteString.CopyFrom(10, 0, 0, 1),
        Port = 22,
        TargetUser = "claude",
    };

    private ExecSession Find(string id) => _sessions.TryGet(id, out ExecSession? session) ? session : throw new InvalidOperationException($"there is no {id}");

    private void Synchronize(params Entry[] entries)
    {
        _updater.Begin();
        _updater.Apply(new FeedMessage { Snapshot = new SnapshotChunk { Entries = { entries } } });
        _updater.Apply(new FeedMessage { SyncComplete = new SyncComplete { Epoch = $"epoch-{_sequence}", Sequence = ++_sequence, Count = (ulong)entries.Length, Hash = HashOf(entries) } });
    }

    private void Change(Delta delta)
    {
        delta.Sequence = ++_sequence;
        _updater.Apply(new FeedMessage { Delta = delta });
    }

    // Throws if the table is not what the operator has.
    private void Agree(params Entry[] entries) =>
        _updater.Apply(new FeedMessage { Heartbeat = new Heartbeat { Count = (ulong)entries.Length, Hash = HashOf(entries) } });

    private static ulong HashOf(Entry[] entries) => entries.Aggregate(0UL, (sum, entry) => unchecked(sum + EntryHash.Compute(entry)));
}
