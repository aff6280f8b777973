using Google.Protobuf;
using SshGateway.Feed;
using SshGateway.Operator.Model;
using SshGateway.Operator.Table;
using SshGateway.Proxy.Sessions;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Feed;
using SshGateway.Tests.Support.Kubernetes.FaultProxy;
using Xunit;

namespace SshGateway.Tests.Integration.Feed;

/// <summary>
/// Two operators that see the same changes at different times, and those of each namespace at others still, three
/// proxies, and somebody who cuts their connections at any byte. The choices repeat a run, but not the moments at which
/// the machine delivers what.
/// </summary>
internal sealed class FeedConvergence(Choices choices) : IAsyncDisposable
{
    private const int Lasting = 20;

    // The second one is quiet.
    private static readonly string[] Namespaces = ["busy", "quiet"];

    private readonly ManualTimeProvider _time = new();
    private readonly List<TableEntry?> _events = [];
    private readonly List<string> _ids = [];
    private readonly Replica[] _replicas = [new(), new()];
    private readonly List<FeedClientRun> _proxies = [];
    private readonly Dictionary<(FeedClientRun Proxy, string SessionId), int> _seen = [];

    /// <summary>How many streams the proxies have begun.</summary>
    public int Streams => _proxies.Sum(p => p.Log.Count(1));

    public async ValueTask DisposeAsync()
    {
        foreach (FeedClientRun proxy in _proxies)
        {
            await proxy.DisposeAsync();
        }
        foreach (Replica replica in _replicas)
        {
            await (replica.Relay?.DisposeAsync() ?? ValueTask.CompletedTask);
            await (replica.Feed?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }

    /// <summary>Breaks what can be broken until the choices are spent; every table ends as the operators'.</summary>
    public async Task RunAsync()
    {
        foreach (Replica replica in _replicas)
        {
            replica.Feed = await FeedServer.StartAsync(_time);
            replica.Relay = new FaultyProxy(replica.Feed.Server.Port);
        }
        for (int i = 0; i < Lasting; i++)
        {
            Change(LastingId(i));
        }
        Array.ForEach(_replicas, r => r.Advance(_events, _ids));
        for (int i = 0; i < 3; i++)
        {
            _proxies.Add(await FeedClientRun.StartAsync(_replicas.Select(r => r.Relay!.Port), time: _time));
        }
        await PassUntilAsync(() => _proxies.All(p => p.HasSynced), "every proxy has begun");

        while (!choices.AreSpent)
        {
            Break();
            _time.Advance(TimeSpan.FromMilliseconds(choices.Next(500)));
            await Task.Delay(choices.Next(4));
            CheckProxies();
        }

        Array.ForEach(_replicas, r => r.Advance(_events, _ids));
        await PassUntilAsync(() => _proxies.All(IsRight), "every table is the operators'");
        CheckProxies();
        // A mismatch would have been repaired, and hidden what is wrong.
        Assert.All(_proxies, p => Assert.Equal(0, p.Log.Count(6)));
    }

    private void Break()
    {
        Replica replica = _replicas[choices.Next(_replicas.Length)];
        switch (choices.Next(12))
        {
            case < 4:
                for (int i = choices.Next(1, 40); i > 0; i--)
                {
                    string id = choices.Next(8) == 0 ? $"quiet-{choices.Next(5)}" : $"busy-{choices.Next(60)}";
                    if (choices.Next(3) == 0)
                    {
                        _ids.Add(id);
                        _events.Add(null);
                    }
                    else
                    {
                        Change(id);
                    }
                }
                break;
            case < 8:
                replica.Advance(_events, _ids, choices.Next(1, 60), Namespaces[choices.Next(Namespaces.Length)]);
                break;
            case 8:
                replica.Relay!.Cut();
                break;
            default:
                replica.Relay!.CutAfter(choices.Next(20_000));
                break;
        }
    }

    // The event's number is the session's pod uid, so that one can tell an older entry from a newer one.
    private void Change(string id)
    {
        _ids.Add(id);
        var entry = new Entry
        {
            SessionId = id,
            State = EndpointState.Ready,
            Access = Access.Enabled,
            PodName = "pod",
            PodUid = $"{_events.Count}",
            PodIp = ByteString.CopyFrom(10, 0, 0, 1),
            Port = 2222,
            TargetUser = "claude",
        };
        _events.Add(new TableEntry(id, entry.PodUid, entry.ToByteArray()));
    }

    private static string LastingId(int number) => $"{Namespaces[number % Namespaces.Length]}-lasting-{number}";

    private void CheckProxies()
    {
        foreach (FeedClientRun proxy in _proxies)
        {
            for (int i = 0; i < Lasting; i++)
            {
                Assert.True(proxy.Find(LastingId(i)) is not null, "a session that always existed is missing");
            }
            foreach (SessionEntry entry in proxy.Table.Entries)
            {
                int number = int.Parse(entry.PodUid, null);
                int before = _seen.GetValueOrDefault((proxy, entry.SessionId), -1);
                Assert.True(number >= before, $"{entry.SessionId} went back in time, from {before} to {number}");
                _seen[(proxy, entry.SessionId)] = number;
            }
        }
    }

    private bool IsRight(FeedClientRun proxy)
    {
        var right = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < _events.Count; i++)
        {
            right.Remove(_ids[i]);
            if (_events[i] is { } entry)
            {
                right[_ids[i]] = entry.PodUid;
            }
        }
        return proxy.Table.Count == right.Count && right.All(r => proxy.Find(r.Key)?.PodUid == r.Value);
    }

    private Task PassUntilAsync(Func<bool> condition, string expectation) =>
        Eventually.CompletedAsync(Eventually.TrueAsync(condition, expectation), _time, TimeSpan.FromMilliseconds(100));

    /// <summary>An operator that has seen the first events of each namespace.</summary>
    private sealed class Replica
    {
        // Where it goes on in the list of all events, by namespace.
        private readonly int[] _next = new int[Namespaces.Length];
        private readonly Dictionary<string, ReadVersions> _versions = Namespaces.ToDictionary(n => n, n => new ReadVersions(n, 0, 0));

        public FeedServer? Feed { get; set; }

        public FaultyProxy? Relay { get; set; }

        /// <summary>Sees everything.</summary>
        public void Advance(List<TableEntry?> events, List<string> ids) => Array.ForEach(Namespaces, n => Advance(events, ids, events.Count, n));

        /// <summary>Sees some more events of a namespace.</summary>
        public void Advance(List<TableEntry?> events, List<string> ids, int count, string ofNamespace)
        {
            ref int next = ref _next[Array.IndexOf(Namespaces, ofNamespace)];
            for (; count > 0 && next < events.Count; next++)
            {
                if (ids[next].StartsWith(ofNamespace, StringComparison.Ordinal))
                {
                    TableEntry? entry = events[next];
                    // As etcd counts: an event's version is its place among all.
                    _versions[ofNamespace] = new ReadVersions(ofNamespace, (ulong)next + 1, (ulong)next + 1);
                    Feed!.Table.Apply(entry is null ? [] : [entry], entry is null ? [ids[next]] : [], new ClusterVersions([.. _versions.Values]));
                    count--;
                }
            }
        }
    }
}
