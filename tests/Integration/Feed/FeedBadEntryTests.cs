using Google.Protobuf;
using SshGateway.Feed;
using SshGateway.Proxy.Sessions;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Feed;
using Xunit;
using static SshGateway.Tests.Integration.Feed.ScriptedOperator;

namespace SshGateway.Tests.Integration.Feed;

/// <summary>An entry that cannot be used takes no session away.</summary>
public sealed class FeedBadEntryTests : IAsyncLifetime
{
    private ScriptedOperator _operator = null!;

    public async Task InitializeAsync() => _operator = await StartAsync();

    public async Task DisposeAsync() => await _operator.DisposeAsync();

    private static readonly (string Field, Action<Entry> Break)[] Breaks =
    [
        ("session_id", e => e.SessionId = "Not_An_Id"),
        ("session_id", e => e.SessionId = new string('a', 41)),
        ("session_id", e => e.SessionId = ""),
        ("state", e => e.State = EndpointState.Unspecified),
        ("state", e => e.State = (EndpointState)9),
        ("access", e => e.Access = Access.Unspecified),
        ("access", e => e.Access = (Access)4),
        ("pod_name", e => e.PodName = new string('a', 254)),
        ("pod_name", e => e.PodName = new string('ä', 127)),
        ("pod_uid", e => e.PodUid = ""),
        ("pod_uid", e => e.PodUid = new string('a', 65)),
        ("pod_uid", e => e.State = EndpointState.None),
        ("pod_ip", e => e.PodIp = ByteString.Empty),
        ("pod_ip", e => e.PodIp = ByteString.CopyFrom(1, 2, 3)),
        ("port", e => e.Port = 0),
        ("port", e => e.Port = 65536),
        ("target_user", e => e.TargetUser = ""),
        ("target_user", e => e.TargetUser = "-oProxyCommand=x"),
        ("authorized_keys[1]", e => e.AuthorizedKeys.Add(ByteString.CopyFrom(1, 2, 3))),
        ("authorized_keys", e => e.AuthorizedKeys.AddRange(Enumerable.Repeat(e.AuthorizedKeys[0], 16).ToArray())),
        ("host_keys[0]", e => e.HostKeys.Add(ByteString.Empty)),
        ("host_keys", e => e.HostKeys.AddRange(Enumerable.Repeat(e.AuthorizedKeys[0], 9))),
        ("trusted_user_ca_keys[0]", e => e.TrustedUserCaKeys.Add(ByteString.Empty)),
        ("trusted_user_ca_keys", e => e.TrustedUserCaKeys.AddRange(Enumerable.Repeat(e.AuthorizedKeys[0], 5))),
        ("host_ca_keys[0]", e => e.HostCaKeys.Add(ByteString.CopyFrom(1))),
        ("host_ca_keys", e => e.HostCaKeys.AddRange(Enumerable.Repeat(e.AuthorizedKeys[0], 5))),
        ("owner_user", e => e.OwnerUser = new string('ü', 257)),
        ("host_key_sha256", e => e.HostKeySha256 = ByteString.CopyFrom(new byte[31])),
        ("host_key_sha256", e => e.HostKeySha256 = ByteString.CopyFrom(new byte[33])),
        ("forgotten_host_key_sha256", e => e.ForgottenHostKeySha256 = ByteString.CopyFrom(new byte[31])),
        ("revoked_key_sha256", e => e.RevokedKeySha256.Add(ByteString.CopyFrom(new byte[31]))),
        ("revoked_key_sha256", e => e.RevokedKeySha256.AddRange(Enumerable.Repeat(ByteString.CopyFrom(new byte[32]), 33))),
        ("authorized_principals", e => e.AuthorizedPrincipals.Add("")),
        ("authorized_principals", e => e.AuthorizedPrincipals.Add(new string('ü', 513))),
        ("authorized_principals", e => e.AuthorizedPrincipals.AddRange(Enumerable.Repeat("a", 17))),
        ("expires_at", e => e.ExpiresAt = -1),
        ("expires_at", e => e.ExpiresAt = long.MaxValue),
        ("max_connections", e => e.MaxConnections = 1001),
        ("reason", e => e.Reason = "two words"),
        // A proxy of an earlier version sees no exec, and refuses port 0: it never routes to the pod itself.
        ("port", e => MakeExec(e).Exec = null),
        ("port", e => MakeExec(e).Port = 2222),
        ("passthrough", e => MakeExec(e).Passthrough = true),
        ("host key", e => MakeExec(e).HostKeys.Add(e.AuthorizedKeys[0])),
        ("host key", e => MakeExec(e).HostCaKeys.Add(e.AuthorizedKeys[0])),
        ("host key", e => MakeExec(e).HostKeySha256 = ByteString.CopyFrom(new byte[32])),
        ("host key", e => MakeExec(e).ForgottenHostKeySha256 = ByteString.CopyFrom(new byte[32])),
        ("exec.container", e => MakeExec(e).Exec.Container = ""),
        ("exec.container", e => MakeExec(e).Exec.Container = new string('c', 64)),
        ("exec.container", e => MakeExec(e).Exec.Container = "Main"),
        ("exec.container", e => MakeExec(e).Exec.Container = "main\n"),
        ("exec.shell", e => MakeExec(e).Exec.Shell = "bash"),
        ("exec.shell", e => MakeExec(e).Exec.Shell = "/"),
        ("exec.shell", e => MakeExec(e).Exec.Shell = "/bin/sh\n"),
        ("exec.shell", e => MakeExec(e).Exec.Shell = "/" + new string('s', 256)),
        ("exec.sftp_server", e => MakeExec(e).Exec.SftpServer = "/ä"),
        ("exec.accept_env", e => MakeExec(e).Exec.AcceptEnv.AddRange(Enumerable.Repeat("A", 17))),
        ("exec.accept_env", e => MakeExec(e).Exec.AcceptEnv.Add("")),
        ("exec.accept_env", e => MakeExec(e).Exec.AcceptEnv.Add("*")),
        ("exec.accept_env", e => MakeExec(e).Exec.AcceptEnv.Add("A*B")),
        ("exec.accept_env", e => MakeExec(e).Exec.AcceptEnv.Add(new string('A', 65))),
    ];

    private static Entry MakeExec(Entry entry)
    {
        (entry.Port, entry.Exec) = (0, new ExecPod { Container = "main", Shell = "/bin/bash", SftpServer = "/usr/lib/sftp server", AcceptEnv = { "EDITOR", "GIT_*" } });
        return entry;
    }

    public static TheoryData<int> BadEntries => [.. Enumerable.Range(0, Breaks.Length)];

    [Theory]
    [MemberData(nameof(BadEntries))]
    public async Task A_bad_entry_leaves_the_good_one_before_it(int number)
    {
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(_operator.Port);
        ScriptedStream first = await _operator.NextStreamAsync();
        await first.SendAsync(Sync(1, Entry("a")));
        await Eventually.TrueAsync(() => proxy.HasSynced, "the good entry is there");
        SessionEntry good = proxy.Find("a")!;
        Entry bad = Entry("a");
        (string field, Action<Entry> breakEntry) = Breaks[number];
        breakEntry(bad);

        await first.SendAsync(new FeedMessage { Delta = new Delta { Sequence = 2, Upserts = { bad, Entry("b") } } });
        await Eventually.TrueAsync(() => proxy.Find("b") is not null, "its neighbour is applied");

        Assert.Same(good, proxy.Find("a"));
        Assert.Contains(field, Assert.Single(proxy.Log.Lines, l => l.Id.Id == 4).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pod_without_sshd_is_taken_as_one_and_back()
    {
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(_operator.Port);
        ScriptedStream stream = await _operator.NextStreamAsync();
        await stream.SendAsync(Sync(1, MakeExec(Entry("a")), Entry("b")));
        await Eventually.TrueAsync(() => proxy.HasSynced, "the table is there");
        Assert.True(proxy.Find("a")!.IsExec);
        Assert.False(proxy.Find("b")!.IsExec);

        await stream.SendAsync(new FeedMessage { Delta = new Delta { Sequence = 2, Upserts = { Entry("a"), MakeExec(Entry("b")) } } });

        await Eventually.TrueAsync(() => proxy.Find("b")!.IsExec, "the change is there");
        Assert.False(proxy.Find("a")!.IsExec);
        Assert.DoesNotContain(proxy.Log.Lines, line => line.Id.Id == 4);
    }

    [Fact]
    public async Task A_bad_entry_in_a_snapshot_is_not_swept_away()
    {
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(_operator.Port);
        ScriptedStream first = await _operator.NextStreamAsync();
        await first.SendAsync(Sync(1, Entry("a")));
        await Eventually.TrueAsync(() => proxy.HasSynced, "the good entry is there");
        first.End();
        Entry bad = Entry("a");
        bad.Port = 0;

        ScriptedStream second = await _operator.NextStreamAsync();
        await second.SendAsync(Sync(1, bad, Entry("b")));

        await Eventually.TrueAsync(() => proxy.Log.Count(1) == 2, "the second snapshot is complete");
        Assert.Equal(2, proxy.Table.Count);
    }

    [Fact]
    public async Task A_bad_entry_counts_in_the_hash_and_goes_when_it_is_removed()
    {
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(_operator.Port);
        ScriptedStream stream = await _operator.NextStreamAsync();
        await stream.SendAsync(Sync(1, Entry("a")));
        Entry bad = Entry("a", "next");
        bad.Port = 0;
        Entry worse = Entry("b");
        worse.Port = 0;
        await stream.SendAsync(
            new FeedMessage { Delta = new Delta { Sequence = 2, Upserts = { bad, worse, Entry("c") } } },
            Beat(2, bad, worse, Entry("c")),
            // Whose pod is another one now.
            new FeedMessage { Delta = new Delta { Sequence = 3, Removals = { new Removal { SessionId = "a", PodUid = "u" } } } },
            Beat(3, bad, worse, Entry("c")));
        await Eventually.TrueAsync(() => proxy.Find("c") is not null, "the delta is applied");
        Assert.Equal("u", proxy.Find("a")?.PodUid);

        await stream.SendAsync(
            new FeedMessage { Delta = new Delta { Sequence = 4, Removals = { new Removal { SessionId = "a", PodUid = "next" }, new Removal { SessionId = "b", PodUid = "u" } } } },
            Beat(4, Entry("c")));
        await Eventually.TrueAsync(() => proxy.Find("a") is null, "the session is gone, with the entry that was kept for it");
        Assert.Equal((0, 0), (proxy.Log.Count(2), proxy.Log.Count(6)));
    }
}
