using SshGateway.Feed;
using SshGateway.Proxy.Sessions;

namespace SshGateway.Proxy.Feed;

/// <summary>
/// What one operator knows of the open connections, to find what is news. It lives as long as the stream, and is as
/// large as the number of open connections.
/// </summary>
internal sealed class ConnectionJournal : IDisposable
{
    private readonly OpenSessions _sessions;
    private readonly Lock _lock = new();
    private readonly HashSet<IClientConnection> _untold = [];
    private readonly Dictionary<IClientConnection, ToldBytes> _told = [];
    private readonly List<string> _ended = [];

    public ConnectionJournal(OpenSessions sessions)
    {
        _sessions = sessions;
        lock (_lock)
        {
            // One that ends from here on waits for the lock, and is taken out again.
            sessions.Opened += OnOpened;
            sessions.Ended += OnEnded;
            foreach (IClientConnection connection in sessions.All.SelectMany(session => session.Connections))
            {
                Add(connection);
            }
        }
    }

    /// <summary>What is news since the last call; the first has everything.</summary>
    /// <param name="withBytes">Also the bytes of connections that are known already.</param>
    public IReadOnlyList<Activity> Take(bool withBytes)
    {
        var news = new News();
        lock (_lock)
        {
            _ended.ForEach(news.AddEnded);
            _ended.Clear();
            foreach ((IClientConnection connection, ToldBytes told) in withBytes ? _told : [])
            {
                if (connection.Bytes is var bytes && bytes != told.Bytes)
                {
                    told.Bytes = bytes;
                    news.Add(Describe(connection.Details!, bytes));
                }
            }
            // A passthrough is told of once the pod seems to have let it in, as it is counted from then on.
            foreach (IClientConnection connection in _untold.Where(connection => connection.IsAuthenticated && connection.Details is not null).ToArray())
            {
                _untold.Remove(connection);
                var told = new ToldBytes { Bytes = connection.Bytes };
                _told.Add(connection, told);
                news.Add(Describe(connection, told.Bytes));
            }
        }
        return news.Reports;
    }

    public void Dispose()
    {
        _sessions.Opened -= OnOpened;
        _sessions.Ended -= OnEnded;
    }

    private void OnOpened(IClientConnection connection)
    {
        lock (_lock)
        {
            Add(connection);
        }
    }

    private void OnEnded(IClientConnection connection)
    {
        lock (_lock)
        {
            if (!_untold.Remove(connection) && _told.Remove(connection))
            {
                _ended.Add(connection.Details!.ConnectionId);
            }
        }
    }

    private void Add(IClientConnection connection)
    {
        if (_told.Count + _untold.Count < FeedLimits.MaxReportedConnections)
        {
            _untold.Add(connection);
        }
    }

    private static OpenConnection Describe(IClientConnection connection, (long FromClient, long ToClient) bytes)
    {
        ClientDetails details = connection.Details!;
        OpenConnection report = Describe(details, bytes);
        report.SessionId = connection.SessionId;
        report.Protocol = details.Protocol;
        report.KeyFingerprint = details.Key?.Fingerprint ?? "";
        report.Certificate = Shorten(details.Certificate);
        report.Address = details.Address.ToString();
        report.Since = Math.Max(0, details.Since.ToUnixTimeSeconds());
        return report;
    }

    private static OpenConnection Describe(ClientDetails details, (long FromClient, long ToClient) bytes) =>
        new() { Id = details.ConnectionId, BytesFromClient = (ulong)bytes.FromClient, BytesToClient = (ulong)bytes.ToClient };

    // Never between the two halves of a character.
    private static string Shorten(string text) => text.Length <= FeedLimits.MaxCertificateName ? text
        : text[..(char.IsHighSurrogate(text[FeedLimits.MaxCertificateName - 1]) ? FeedLimits.MaxCertificateName - 1 : FeedLimits.MaxCertificateName)];

    private sealed class ToldBytes
    {
        public (long FromClient, long ToClient) Bytes { get; set; }
    }

    /// <summary>Messages within the feed's bounds. What ended comes before what came in its place.</summary>
    private sealed class News
    {
        public List<Activity> Reports { get; } = [];

        public void AddEnded(string id) => Last(report => report.EndedConnections.Count).EndedConnections.Add(id);

        public void Add(OpenConnection connection) => Last(report => report.Connections.Count).Connections.Add(connection);

        private Activity Last(Func<Activity, int> count)
        {
            if (Reports.Count == 0 || count(Reports[^1]) == FeedLimits.MaxConnectionsPerReport)
            {
                Reports.Add(new Activity());
            }
            return Reports[^1];
        }
    }
}
