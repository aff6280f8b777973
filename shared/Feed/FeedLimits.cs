namespace SshGateway.Feed;

/// <summary>Bounds of the feed that both ends keep.</summary>
internal static class FeedLimits
{
    /// <summary>The largest message, in either direction: what gRPC libraries accept by default.</summary>
    public const int MaxMessageBytes = 4 * 1024 * 1024;

    /// <summary>Connections in one report, and ended ones.</summary>
    public const int MaxConnectionsPerReport = 1000;

    /// <summary>Open connections that a proxy names.</summary>
    public const int MaxReportedConnections = 20_000;

    /// <summary>Sessions of whose logins one waits, in one report and so of one proxy.</summary>
    public const int MaxWantedSessions = 1000;

    /// <summary>Characters of a certificate's key id.</summary>
    public const int MaxCertificateName = 256;
}
