namespace SshGateway.Ssh.Sockets;

/// <summary>What a turn is wanted for. Each kind has a queue of its own, and they take turns: a storm of logins must not hold up what is open.</summary>
internal enum LoopPriority
{
    /// <summary>Moving what has arrived.</summary>
    Relay,

    /// <summary>Taking in a client, and computing for handshakes.</summary>
    Handshake,
}
