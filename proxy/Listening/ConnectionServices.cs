using SshGateway.Proxy.Accounting;
using SshGateway.Proxy.Configuration;
using SshGateway.Proxy.Limits;
using SshGateway.Proxy.Networks;
using SshGateway.Proxy.Passthrough;
using SshGateway.Proxy.Pods;
using SshGateway.Proxy.Sessions;
using SshGateway.Proxy.SshConnections;
using SshGateway.Ssh.KeyExchange;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Sockets.Epoll;
using SshGateway.Ssh.Transport;

namespace SshGateway.Proxy.Listening;

/// <summary>What all connections share.</summary>
internal sealed record ConnectionServices(
    SessionTable Table, OpenSessions OpenSessions, PodLogin PodLogin, Func<HostKeySet> HostKeys, KexOffer Offer, RekeyLimits RekeyLimits, NetworkSet Balancers, ClientLimits Limits, PassthroughServices Passthrough, ProxyOptions Options, EventLoops EventLoops, ConnectionMetrics Metrics, AuditLog Audit, TimeProvider Time,
    ILogger<Connection> Logger);
