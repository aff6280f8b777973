namespace SshGateway.Proxy.Outcomes;

/// <summary>How a connection ended, in words for the log.</summary>
internal static class EndDescriptions
{
    extension(ConnectionEnd end)
    {
        /// <summary>Without a full stop.</summary>
        public string Description => end switch
        {
            ConnectionEnd.ClientClosed => "client ended the session",
            ConnectionEnd.PodClosed => "pod ended the session",
            ConnectionEnd.ClientLost => "connection to the client broke",
            ConnectionEnd.PodLost => "connection to the pod broke",
            ConnectionEnd.ClientLeftEarly => "client disconnected before login",
            ConnectionEnd.ProxyFull => "proxy is full",
            ConnectionEnd.TooManyUnauthenticated => "too many clients that have not logged in",
            ConnectionEnd.Displaced => "client made room for newer ones before its login",
            ConnectionEnd.SourcePenalized => "too many failed connections of this source",
            ConnectionEnd.ProxyHeaderInvalid => "PROXY header is missing or malformed",
            ConnectionEnd.ClientProtocolError => "client violated the protocol",
            ConnectionEnd.ClientKeyExchangeFailed => "key exchange with the client failed",
            ConnectionEnd.PodProtocolError => "pod violated the protocol",
            ConnectionEnd.ClientTooSlow => "client did not log in in time",
            ConnectionEnd.AuthenticationFailed => "client offered no accepted key",
            ConnectionEnd.PassthroughRefused => "passthrough refused",
            ConnectionEnd.CertificateRestricted => "client's certificate has restrictions",
            ConnectionEnd.AccessRefused => "session accepts no logins",
            ConnectionEnd.SessionExpired => "session expired",
            ConnectionEnd.SessionDisabled => "session was disabled",
            ConnectionEnd.KeyRevoked => "client's key was revoked",
            ConnectionEnd.ClosedByAdministrator => "administrator closed the connection",
            ConnectionEnd.TooManyConnections => "session has too many connections",
            ConnectionEnd.IdleTimeout => "connection was idle for too long",
            ConnectionEnd.NoPod => "session has no pod",
            ConnectionEnd.PodNotReady => "pod is not ready",
            ConnectionEnd.PodTerminating => "pod is being deleted",
            ConnectionEnd.SessionChanged => "session changed during the login",
            ConnectionEnd.PodUnreachable => "cannot connect to the pod",
            ConnectionEnd.PodHandshakeFailed => "SSH handshake with the pod failed",
            ConnectionEnd.PodHostKeyMismatch => "pod presented an unexpected host key",
            ConnectionEnd.PodRefusedLogin => "pod refused the gateway's login",
            ConnectionEnd.ExecRelayMissing => "no exec relay is configured",
            ConnectionEnd.ExecRelayUnreachable => "cannot connect to an exec relay",
            ConnectionEnd.ExecRelayHostKeyMismatch => "exec relay presented an unexpected host key",
            ConnectionEnd.ExecRelayRefusedLogin => "exec relay refused the gateway's login",
            ConnectionEnd.ClientKeyExchangeTimeout => "client did not finish a later key exchange in time",
            ConnectionEnd.PodKeyExchangeTimeout => "pod did not finish a later key exchange in time",
            ConnectionEnd.ProxyStopping => "proxy is shutting down",
            ConnectionEnd.RecordingFailed => "session cannot be recorded",
            ConnectionEnd.InternalError => "defect of the gateway",
            _ => throw new ArgumentOutOfRangeException(nameof(end), end, null),
        };
    }
}
