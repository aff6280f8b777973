namespace SshGateway.Proxy.Outcomes;

/// <summary>Who has to act on a connection's end.</summary>
internal enum Blame
{
    Nobody,
    Client,
    Pod,
    Gateway,
}
