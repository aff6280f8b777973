namespace SshGateway.Proxy.Outcomes;

/// <summary>Who has to act on a connection's end.</summary>
internal enum Blame
{
    Nobody,
    Client,
    Pod,
    Gateway,
}

internal static class BlameExtensions
{
    extension(ConnectionEnd end)
    {
        /// <summary>Who has to act on it.</summary>
        public Blame Blame => end switch
        {
            ConnectionEnd.ClientClosed or ConnectionEnd.PodClosed or ConnectionEnd.ClientLeftEarly or ConnectionEnd.ProxyStopping or ConnectionEnd.AccessRefused
                or ConnectionEnd.SessionExpired or ConnectionEnd.SessionDisabled or ConnectionEnd.KeyRevoked or ConnectionEnd.ClosedByAdministrator or ConnectionEnd.SessionChanged
                or ConnectionEnd.IdleTimeout => Blame.Nobody,
            ConnectionEnd.ClientLost or ConnectionEnd.TooManyUnauthenticated or ConnectionEnd.Displaced or ConnectionEnd.SourcePenalized or ConnectionEnd.ProxyHeaderInvalid
                or ConnectionEnd.ClientProtocolError or ConnectionEnd.ClientKeyExchangeFailed or ConnectionEnd.ClientTooSlow or ConnectionEnd.AuthenticationFailed
                or ConnectionEnd.PassthroughRefused or ConnectionEnd.CertificateRestricted or ConnectionEnd.TooManyConnections
                or ConnectionEnd.ClientKeyExchangeTimeout => Blame.Client,
            ConnectionEnd.InternalError or ConnectionEnd.ProxyFull or ConnectionEnd.RecordingFailed or ConnectionEnd.ExecRelayMissing or ConnectionEnd.ExecRelayUnreachable
                or ConnectionEnd.ExecRelayHostKeyMismatch or ConnectionEnd.ExecRelayRefusedLogin => Blame.Gateway,
            _ => Blame.Pod,
        };
    }
}
