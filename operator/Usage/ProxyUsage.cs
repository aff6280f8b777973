using Grpc.Core;
using SshGateway.Feed;

namespace SshGateway.Operator.Usage;

/// <summary>What one stream of a proxy reports. Disposing it is the stream's end.</summary>
/// <param name="openConnections">The connections that it reports one by one; null: none are taken.</param>
internal sealed class ProxyUsage(UsageTable table, string proxyId, ProxyConnections? openConnections = null) : IDisposable
{
    /// <summary>How many sessions it may name that this operator does not know: it may be ahead.</summary>
    public const int MaxUnknown = 1000;

    private const int MaxSessions = 10_000;
    private const uint MaxConnections = 1_000_000;

    private static readonly long LastSecond = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    public string ProxyId { get; } = proxyId;

    /// <summary>The connections that it reports one by one; null: none are taken.</summary>
    public ProxyConnections? OpenConnections => openConnections;

    /// <summary>Connections by session, as last reported; of <see cref="UsageTable"/> alone, within its lock.</summary>
    public Dictionary<string, uint> Connections { get; } = new(StringComparer.Ordinal);

    /// <summary>The sessions among what it reports that this operator does not know; of <see cref="UsageTable"/> alone,
    /// within its lock.</summary>
    public HashSet<string> Unknown { get; } = new(StringComparer.Ordinal);

    /// <summary>The sessions of whose logins one waits at the proxy; of <see cref="WaitingLoginTable"/> alone, within
    /// its lock.</summary>
    public HashSet<string> Wanted { get; } = new(StringComparer.Ordinal);

    /// <summary>When the stream ended; of <see cref="UsageTable"/> alone, within its lock.</summary>
    public DateTimeOffset? EndedAt { get; set; }

    /// <exception cref="RpcException">The report breaks the contract; nothing of it is taken.</exception>
    public void Report(Activity report)
    {
        if (report.Sessions.Count > MaxSessions)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"Activity names {report.Sessions.Count} sessions; at most {MaxSessions} may be in one message"));
        }
        foreach (SessionActivity session in report.Sessions)
        {
            if (!SessionNames.IsSessionId(session.SessionId) || session.Connections > MaxConnections || session.LastActivity < 0 || session.LastActivity > LastSecond)
            {
                throw new RpcException(new Status(StatusCode.InvalidArgument, "Activity has a session_id, connections or last_activity out of range"));
            }
        }
        RefusedLoginTable.Check(report);
        ProxyConnections.Check(report);
        WaitingLoginTable.Check(report);
        table.Apply(this, report);
        table.RefusedLogins.Apply(report);
        openConnections?.Apply(report);
        if (report.Wanted is { } wanted)
        {
            table.WaitingLogins.Apply(this, wanted);
        }
    }

    /// <summary>Whether what it says of this session counts; of <see cref="UsageTable"/> alone, within its
    /// lock.</summary>
    public bool MayReport(string sessionId, bool isKnown) =>
        isKnown || Connections.ContainsKey(sessionId) || Unknown.Contains(sessionId) || (Unknown.Count < MaxUnknown && Unknown.Add(sessionId));

    public void Dispose()
    {
        table.Close(this);
        table.WaitingLogins.Close(this);
        openConnections?.Dispose();
    }
}
