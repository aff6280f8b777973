namespace SshGateway.Proxy.Outcomes;

/// <summary>What follows from how a connection ended.</summary>
internal static class ConnectionEndExtensions
{
    public static Blame BlameFor(this ConnectionEnd end) => end switch
    {
        ConnectionEnd.ClientClosed or ConnectionEnd.PodClosed or ConnectionEnd.ClientLeftEarly or ConnectionEnd.ProxyStopping
            or ConnectionEnd.AccessRefused or ConnectionEnd.SessionExpired or ConnectionEnd.SessionDisabled or ConnectionEnd.SessionChanged or ConnectionEnd.IdleTimeout => Blame.Nobody,
        ConnectionEnd.ClientLost or ConnectionEnd.TooManyUnauthenticated or ConnectionEnd.SourcePenalized or ConnectionEnd.ProxyHeaderInvalid or ConnectionEnd.ClientProtocolError or ConnectionEnd.ClientKeyExchangeFailed or ConnectionEnd.ClientTooSlow or ConnectionEnd.AuthenticationFailed or ConnectionEnd.PassthroughRefused
            or ConnectionEnd.CertificateRestricted or ConnectionEnd.TooManyConnections or ConnectionEnd.ClientKeyExchangeTimeout => Blame.Client,
        ConnectionEnd.InternalError or ConnectionEnd.ProxyFull => Blame.Gateway,
        _ => Blame.Pod,
    };
}
