using System.Threading.Channels;
using Grpc.Core;
using SshGateway.Feed;

namespace SshGateway.Operator.Usage;

/// <summary>
/// The connections that one stream of a proxy reports, and what the proxy is asked for on that stream. Disposing it is
/// the stream's end.
/// </summary>
internal sealed class ProxyConnections(ConnectionTable table, string proxyId) : IDisposable
{
    // Requests that the stream has not sent yet.
    private const int MaxRequests = 1000;

    private const int MaxId = 64;
    private const int MaxWord = 64;

    private static readonly long LastSecond = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    private readonly Channel<CloseConnection> _requests = Channel.CreateBounded<CloseConnection>(
        new BoundedChannelOptions(MaxRequests) { SingleReader = true });

    public string ProxyId { get; } = proxyId;

    /// <summary>By id; of <see cref="ConnectionTable"/> alone, within its lock.</summary>
    public Dictionary<string, LiveConnection> Open { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether the stream has ended; of <see cref="ConnectionTable"/> alone, within its lock.</summary>
    public bool IsClosed { get; set; }

    /// <summary>What is to be sent to the proxy.</summary>
    public ChannelReader<CloseConnection> Requests => _requests.Reader;

    /// <exception cref="RpcException">The report breaks the contract; nothing of it is taken.</exception>
    public static void Check(Activity report)
    {
        if (report.Connections.Count > FeedLimits.MaxConnectionsPerReport || report.EndedConnections.Count > FeedLimits.MaxConnectionsPerReport)
        {
            throw new RpcException(new Status(
                StatusCode.InvalidArgument,
                $"Activity names {report.Connections.Count} connections and {report.EndedConnections.Count} ended ones; at most {FeedLimits.MaxConnectionsPerReport} of each may be in one message"));
        }
        if (!report.Connections.All(IsGood) || !report.EndedConnections.All(IsId))
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "Activity has a connection with a field out of range"));
        }
    }

    /// <summary>Asks the proxy to close one; false: too many requests wait already.</summary>
    public bool TryRequest(CloseConnection request) => _requests.Writer.TryWrite(request);

    public void Apply(Activity report) => table.Apply(this, report);

    public void Dispose() => table.Close(this);

    // Only the id of a connection that was named before.
    private static bool IsGood(OpenConnection connection) =>
        IsId(connection.Id)
        && (connection.SessionId.Length == 0 || SessionNames.IsSessionId(connection.SessionId))
        && connection.Protocol.Length <= MaxWord && connection.Protocol.All(char.IsAsciiLetter)
        && IsPrintable(connection.KeyFingerprint) && IsPrintable(connection.Address)
        && connection.Certificate.Length <= FeedLimits.MaxCertificateName && !connection.Certificate.Any(char.IsControl)
        && connection.Since >= 0 && connection.Since <= LastSecond;

    private static bool IsId(string id) => id.Length is > 0 and <= MaxId && id.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');

    private static bool IsPrintable(string text) => text.Length <= MaxWord && !text.AsSpan().ContainsAnyExceptInRange('!', '~');
}
