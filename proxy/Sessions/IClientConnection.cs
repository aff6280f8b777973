using SshGateway.Proxy.Outcomes;

namespace SshGateway.Proxy.Sessions;

/// <summary>One client's connection, from what it wants is known to its end.</summary>
internal interface IClientConnection : IAsyncDisposable
{
    /// <summary>Runs to the end, and reports it. Does not throw.</summary>
    Task RunAsync();

    /// <summary>Whether its client was let in. Only then it counts as use, and towards the maximum.</summary>
    bool IsAuthenticated { get; }

    /// <summary>The session that it is for.</summary>
    string SessionId { get; }

    /// <summary>Who the client is; null: it was not let in.</summary>
    ClientDetails? Details { get; }

    /// <summary>What it has transferred, as last counted.</summary>
    (long FromClient, long ToClient) Bytes { get; }

    /// <summary>
    /// Ends what is established and tells the client why, where the protocol allows it; the first reason counts. A
    /// login that is under way is left alone: it looks at the session itself before it is let in.
    /// </summary>
    void Close(Refusal reason);

    /// <summary>Why it must end: what let the client in is revoked; null: it is not. One call at a time.</summary>
    Refusal? FindRevocation(SessionEntry session);

    /// <summary>How long it has been idle; null during the login. One call at a time, and none after the end.</summary>
    TimeSpan? Review();

    /// <summary>Ends it, also while the login is under way. Any thread.</summary>
    Task StopAsync(Refusal reason);
}
