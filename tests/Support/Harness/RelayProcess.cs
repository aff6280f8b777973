using System.Net;

namespace SshGateway.Tests.Support.Harness;

/// <summary>A running exec relay and where it listens.</summary>
internal sealed record RelayProcess(Daemon Daemon, IPEndPoint Ssh, Uri Http);
