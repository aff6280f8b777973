using System.Net;

namespace SshGateway.Tests.Support.Harness;

/// <summary>A running proxy and where it listens.</summary>
internal sealed record ProxyProcess(Daemon Daemon, IPEndPoint Ssh, Uri Http);
