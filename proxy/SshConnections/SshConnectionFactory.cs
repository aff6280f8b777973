using SshGateway.Proxy.Accounting;
using SshGateway.Proxy.Authentication;
using SshGateway.Proxy.Limits;
using SshGateway.Proxy.Recording;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.KeyExchange;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;

namespace SshGateway.Proxy.SshConnections;

/// <summary>Makes the connections of SSH clients.</summary>
internal sealed class SshConnectionFactory(
    ServerTransportFactory transports, SessionTable table, RevokedKeys revokedKeys, OpenSessions openSessions,
    SessionLogin login, Recorder recorder, SshConnectionTimeouts timeouts, TimeProvider time,
    ILogger<ClientAuthentication> authenticationLogger)
{
    /// <param name="socket">The connection; owned by what is made.</param>
    /// <param name="unread">What was read of it already.</param>
    /// <param name="lease">What it holds of the limits.</param>
    public SshConnection Create(IPeerSocket socket, ReadOnlySpan<byte> unread, ConnectionLease lease, ConnectionReport report)
    {
        SshServerTransport leg = transports.Create(socket, unread);
        var authentication = new ClientAuthentication(leg, report.Id, table, revokedKeys, report.KeyRefused, time, authenticationLogger);
        return new SshConnection(leg, lease, report, authentication, openSessions, login, recorder, timeouts, time);
    }
}

/// <summary>Makes the transports to clients, with the gateway's algorithms and host keys.</summary>
internal sealed class ServerTransportFactory(KexOffer offer, Func<HostKeySet> hostKeys, RekeyLimits rekeyLimits, TimeProvider time)
{
    /// <param name="socket">The connection; owned by what is made.</param>
    /// <param name="unread">What was read of it already.</param>
    public SshServerTransport Create(IPeerSocket socket, ReadOnlySpan<byte> unread)
    {
        var leg = new SshServerTransport(socket, offer, hostKeys(), rekeyLimits, time);
        leg.Input.Begin(unread);
        return leg;
    }
}

/// <summary>How long a client has for what comes before the login at its pod.</summary>
internal sealed record SshConnectionTimeouts(TimeSpan KeyExchange, TimeSpan Authentication);
