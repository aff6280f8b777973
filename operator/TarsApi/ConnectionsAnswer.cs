using SshGateway.Operator.Usage;

namespace SshGateway.Operator.TarsApi;

/// <summary>Who is connected to a session.</summary>
/// <param name="Session">The session's id.</param>
/// <param name="Complete">False: connections may be missing. The operator has just started, a proxy was lost a moment
/// ago, or one does not list its connections.</param>
internal sealed record ConnectionsAnswer(string Session, bool Complete, IReadOnlyList<ConnectionAnswer> Connections)
{
    public static ConnectionsAnswer From(string sessionId, IReadOnlyList<LiveConnection> connections, UsageTable usage)
    {
        bool isComplete = usage.CompleteIn <= TimeSpan.Zero && (usage.Find(sessionId)?.Connections ?? 0) <= connections.Count;
        return new ConnectionsAnswer(sessionId, isComplete, [.. connections.Select(ConnectionAnswer.From)]);
    }
}

/// <summary>One of them.</summary>
/// <param name="Id">As in the proxy's logs.</param>
/// <param name="Key">The fingerprint of the person's key; null for a passthrough: only the pod knows it.</param>
/// <param name="Certificate">The key id of the certificate that let the person in; null: the session lists the
/// key.</param>
/// <param name="Address">Where the client connected from.</param>
/// <param name="Since">When it was let in.</param>
/// <param name="Protocol">ssh or passthrough.</param>
/// <param name="Proxy">The proxy that it goes through, by its Proxy:Id.</param>
internal sealed record ConnectionAnswer(
    string Id, string? Key, string? Certificate, string Address, DateTimeOffset Since, long BytesFromClient, long BytesToClient, string Protocol, string Proxy)
{
    public static ConnectionAnswer From(LiveConnection connection) => new(
        connection.Id, OrNull(connection.Key), OrNull(connection.Certificate), connection.Address, connection.Since, connection.BytesFromClient,
        connection.BytesToClient, connection.Protocol, connection.Proxy);

    private static string? OrNull(string text) => text.Length > 0 ? text : null;
}

/// <summary>What came of a DELETE.</summary>
/// <param name="Closed">False: the proxy was told and has not confirmed it yet.</param>
internal sealed record ClosedAnswer(bool Closed);
