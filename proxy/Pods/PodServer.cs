using System.Net;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Sessions;

namespace SshGateway.Proxy.Pods;

/// <summary>The SSH server to log in to for a session: the pod's sshd, or an exec relay that stands for it.</summary>
internal sealed record PodServer
{
    private PodServer(SessionEntry session, IPEndPoint endpoint, bool isRelay) => (Session, Endpoint, IsRelay) = (session, endpoint, isRelay);

    public SessionEntry Session { get; }

    public IPEndPoint Endpoint { get; }

    public bool IsRelay { get; }

    /// <summary>The user to log in as: a relay is told the session by it.</summary>
    public string User => IsRelay ? Session.SessionId : Session.TargetUser;

    /// <param name="session">One with a pod.</param>
    public static PodServer Sshd(SessionEntry session) => new(session, session.Endpoint!, isRelay: false);

    public static PodServer Relay(SessionEntry session, IPEndPoint relay) => new(session, relay, isRelay: true);

    /// <summary>Why the server cannot be used. Another relay may do better.</summary>
    /// <param name="end">As a pod's sshd would have it.</param>
    /// <param name="what">What it does, for the user: a verb and what follows.</param>
    public Refusal Refuse(ConnectionEnd end, string what, string? detail = null)
    {
        string pod = $"pod {Session.PodName} ({Session.PodUid})";
        string suffix = detail is null ? "" : "; " + detail;
        return IsRelay
            ? new Refusal(RelayEnd(end), $"The exec relay of session {Session.SessionId} {what}.", $"exec relay {Endpoint} for {pod}{suffix}") { CanRetry = true }
            : new Refusal(end, $"The pod of session {Session.SessionId} {what}.", $"{pod} at {Endpoint}{suffix}");
    }

    private static ConnectionEnd RelayEnd(ConnectionEnd end) => end switch
    {
        ConnectionEnd.PodHostKeyMismatch => ConnectionEnd.ExecRelayHostKeyMismatch,
        ConnectionEnd.PodRefusedLogin => ConnectionEnd.ExecRelayRefusedLogin,
        _ => ConnectionEnd.ExecRelayUnreachable,
    };
}
