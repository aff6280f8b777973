namespace SshGateway.Proxy.Relay;

/// <summary>What becomes of a message of an established session.</summary>
internal enum Disposition
{
    /// <summary>It goes to the other leg, unread.</summary>
    Relay,

    /// <summary>It goes to the other leg, and then what the gateway has to say behind it.</summary>
    RelayThenAnswer,

    /// <summary>The gateway answers it.</summary>
    Answer,

    /// <summary>It concerns the leg that it came on.</summary>
    Transport,

    /// <summary>It concerns the leg that it came on. The other peer is shown that the sender is alive.</summary>
    SignalLife,

    /// <summary>It goes nowhere.</summary>
    Drop,

    /// <summary>Nobody here knows it.</summary>
    Unimplemented,

    /// <summary>It must not be sent now.</summary>
    Violation,
}
