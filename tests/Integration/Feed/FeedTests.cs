using SshGateway.Feed;
using SshGateway.Proxy.Sessions;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Feed;
using SshGateway.Tests.Support.Yaml;
using Xunit;

namespace SshGateway.Tests.Integration.Feed;

/// <summary>
/// The whole operator and a proxy's feed client, over loopback: what is written to the directory reaches the table.
/// </summary>
public sealed class FeedTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_snapshot_and_then_changes_reach_the_table()
    {
        _directory.Write("one.yaml", Samples.Session("one") + "---\n" + Samples.Pod("one", "10.0.0.1"));
        await using OperatorRun run = await OperatorRun.StartAsync(_directory.Path);
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(run);

        await Eventually.TrueAsync(() => proxy.HasSynced, "the proxy has the snapshot");
        SessionEntry one = proxy.Find("one")!;
        Assert.Equal((EndpointState.Ready, Access.Enabled, "one-pod", "uid-of-one"), (one.State, one.Access, one.PodName, one.PodUid));
        Assert.Equal(("10.0.0.1:2222", "claude", ""), (one.Endpoint!.ToString(), one.TargetUser, one.Reason));
        Assert.True(one.Authorizes(SshGateway.Ssh.Keys.SshPublicKey.ParseLine(Samples.Key).Blob.Span));

        _directory.WriteByRename("two.yaml", Samples.Session("two"));
        await Eventually.TrueAsync(() => proxy.Find("two") is { State: EndpointState.None, Reason: "WaitingForPod", Endpoint: null }, "two is added");
        _directory.WriteByRename("two-pod.yaml", Samples.Pod("two", "2001:db8::2"));
        await Eventually.TrueAsync(() => proxy.Find("two")?.Endpoint?.ToString() == "[2001:db8::2]:2222", "two has a pod");
        _directory.WriteByRename("two-pod.yaml", Samples.Pod("two", "10.0.0.2", uid: "another"));
        await Eventually.TrueAsync(() => proxy.Find("two")?.PodUid == "another", "two has another pod");
        File.Delete(_directory.File("two.yaml"));
        await Eventually.TrueAsync(() => proxy.Find("two") is null, "two is gone");
        Assert.Same(one, proxy.Find("one"));
        Assert.Equal(1, proxy.Log.Count(1));
    }

    [Fact]
    public async Task A_change_reaches_the_table_well_within_a_second()
    {
        await using OperatorRun run = await OperatorRun.StartAsync(_directory.Path);
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(run);
        await Eventually.TrueAsync(() => proxy.HasSynced, "the proxy has the snapshot");
        _directory.Write("warm-up.yaml", Samples.Session("warm-up"));
        await Eventually.TrueAsync(() => proxy.Find("warm-up") is not null, "everything has run once");

        var times = new List<TimeSpan>();
        for (int i = 0; i < 5; i++)
        {
            long started = TimeProvider.System.GetTimestamp();
            _directory.Write("a.yaml", Samples.Session("abc12", port: 1000 + i) + "---\n" + Samples.Pod("abc12", "10.0.0.1"));
            await Eventually.TrueAsync(() => proxy.Find("abc12")?.Endpoint?.Port == 1000 + i, "the change arrives");
            times.Add(TimeProvider.System.GetElapsedTime(started));
        }

        // The median, so that a busy machine does not fail it; 50 ms of it are the wait for a quiet directory.
        Assert.True(times.Order().ElementAt(2) < TimeSpan.FromMilliseconds(500), string.Join(", ", times));
    }

    [Fact]
    public async Task A_table_of_many_chunks_arrives_whole()
    {
        const int count = 3000;
        _directory.Write("all.yaml", string.Concat(Enumerable.Range(0, count).Select(i => Samples.Session($"s{i}") + "---\n")));
        await using OperatorRun run = await OperatorRun.StartAsync(_directory.Path);
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(run);

        await Eventually.TrueAsync(() => proxy.HasSynced, "the proxy has the snapshot");
        Assert.Equal(count, proxy.Table.Count);

        // And the whole of it as a delta, which must be cut into several messages as well.
        _directory.WriteByRename("all.yaml", string.Concat(Enumerable.Range(0, count).Select(i => Samples.Session($"s{i}", port: 22) + "---\n")));
        await Eventually.TrueAsync(() => proxy.Find("s0") is not null && Enumerable.Range(0, count).All(i => proxy.Table.TryGet($"s{i}", out _)), "nothing is lost");
        _directory.WriteByRename("all.yaml", Samples.Session("s7"));
        await Eventually.TrueAsync(() => proxy.Table.Count == 1, "all but one are removed");
    }

    [Fact]
    public async Task The_table_outlives_the_operator_and_follows_its_successor()
    {
        _directory.Write("one.yaml", Samples.Session("one"));
        _directory.Write("two.yaml", Samples.Session("two"));
        OperatorRun first = await OperatorRun.StartAsync(_directory.Path);
        int port = first.FeedPort;
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(first);
        await Eventually.TrueAsync(() => proxy.HasSynced, "the proxy has the snapshot");

        await first.DisposeAsync();
        await Eventually.TrueAsync(() => proxy.Log.Count(2) == 1, "the loss is logged");
        Assert.Equal(2, proxy.Table.Count);
        Assert.True(proxy.HasSynced);

        File.Delete(_directory.File("two.yaml"));
        _directory.Write("three.yaml", Samples.Session("three"));
        await using OperatorRun second = await OperatorRun.StartAsync(_directory.Path, port);
        await Eventually.TrueAsync(() => proxy.Find("three") is not null && proxy.Find("two") is null, "the successor's table is taken over");
        Assert.NotNull(proxy.Find("one"));
        Assert.Equal(1, proxy.Log.Count(2));
        Assert.Equal(2, proxy.Log.Count(1));
    }

    [Fact]
    public async Task A_bad_manifest_takes_no_session_away()
    {
        _directory.Write("one.yaml", Samples.Session("one", port: 22));
        await using OperatorRun run = await OperatorRun.StartAsync(_directory.Path);
        await using FeedClientRun proxy = await FeedClientRun.StartAsync(run);
        await Eventually.TrueAsync(() => proxy.HasSynced, "the proxy has the snapshot");
        SessionEntry before = proxy.Find("one")!;

        _directory.WriteByRename("one.yaml", Samples.Session("one", port: 99999));
        _directory.WriteByRename("two.yaml", Samples.Session("two"));

        await Eventually.TrueAsync(() => proxy.Find("two") is not null, "the good manifest arrives");
        Assert.Same(before, proxy.Find("one"));
    }

    [Fact]
    public async Task The_probes_tell_whether_the_directory_has_been_read()
    {
        await using OperatorRun run = await OperatorRun.StartAsync(_directory.Path);
        using var http = new HttpClient { BaseAddress = run.Probes };

        Assert.Equal("ok\n", await http.GetStringAsync("/healthz"));
        await Eventually.TrueAsync(() => http.GetAsync("/readyz").GetAwaiter().GetResult().IsSuccessStatusCode, "it becomes ready");
        Assert.Equal("ready\n", await http.GetStringAsync("/readyz"));
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await http.GetAsync("/nothing")).StatusCode);
    }
}
