using System.Globalization;
using SshGateway.Feed;
using SshGateway.Hosting.Text;

namespace SshGateway.Proxy.Sessions;

/// <summary>What users read of their session when they cannot log in, have to wait, or are disconnected.</summary>
internal static class SessionSentences
{
    /// <param name="entry">A session whose pod is still starting (<see cref="LoginGate.IsStarting"/>).</param>
    /// <param name="limit">How long the login waits.</param>
    public static string Waiting(SessionEntry entry, TimeSpan limit)
    {
        string id = entry.SessionId;
        string time = Quantity.Describe(limit);
        return entry switch
        {
            { State: EndpointState.NotReady } => $"The pod of session {id} is not ready{InBrackets(entry.Cause)}. Waiting up to {time} for it.",
            { Reason: ReadyReasons.Suspended } => $"Session {id} is suspended. Asking for its pod. Waiting up to {time} for it.",
            _ when LoginGate.IsAskedFor(entry) => $"Session {id} has no pod{InBrackets(entry.Cause)}. Asking for one. Waiting up to {time} for it.",
            _ => $"Session {id} is starting{InBrackets(entry.Cause)}. Waiting up to {time} for its pod.",
        };
    }

    public static string Expired(SessionEntry entry) => string.Create(
        CultureInfo.InvariantCulture,
        $"Session {entry.SessionId} expired on {DateTimeOffset.FromUnixTimeSeconds(entry.ExpiresAt):yyyy-MM-dd 'at' HH:mm} UTC. Ask for a new session.");

    public static string Closing(SessionEntry entry) => $"Session {entry.SessionId} is closing and accepts no new logins.";

    public static string Deleted(SessionEntry entry) => $"Session {entry.SessionId} is being deleted and accepts no new logins.";

    public static string Disabled(SessionEntry entry) => $"Session {entry.SessionId} is disabled.";

    /// <summary>For connections that were open when it was disabled.</summary>
    public static string DisabledMeanwhile(SessionEntry entry) => $"Session {entry.SessionId} was disabled.";

    public static string PodNotReady(SessionEntry entry) => $"The pod of session {entry.SessionId} is not ready{InBrackets(entry.Cause)}. Try again in a moment.";

    public static string PodDeleted(SessionEntry entry) => $"The pod of session {entry.SessionId} is being deleted and accepts no new logins.";

    /// <summary>Why there is no pod to route to.</summary>
    public static string NoPod(SessionEntry entry)
    {
        string id = entry.SessionId;
        return (entry.Reason, entry.Cause) switch
        {
            (ReadyReasons.WaitingForPod, _) => $"Session {id} has no pod yet. Try again in a moment.",
            (ReadyReasons.PodNotReady, var cause) => $"The pod of session {id} has not started yet{InBrackets(cause)}. Try again in a moment.",
            (ReadyReasons.Suspended, _) when entry.WakesOnLogin => $"Session {id} is suspended, and its pod has not started in time. Try again in a moment.",
            (ReadyReasons.Suspended, _) => $"Session {id} is suspended. Ask its owner to resume it.",
            (ReadyReasons.PodTerminating, _) => PodDeleted(entry),
            (ReadyReasons.PodFailed, _) => $"The pod of session {id} has ended. Ask for a new session.",
            (ReadyReasons.ContainerMissing, _) => $"The pod of session {id} does not have the container that the session names. Ask its owner to correct it.",
            (ReadyReasons.Conflict, BindingReasons.MultiplePods) => $"Session {id} has more than one pod, so the gateway does not choose one. Ask its owner to delete the others.",
            (ReadyReasons.Conflict, _) => $"The pod that session {id} names belongs to another session. Ask its owner to correct it.",
            (ReadyReasons.PodNotFound, BindingReasons.LabelMismatch) => $"The pod that session {id} names is not labelled as its own. Ask its owner to correct it.",
            (ReadyReasons.PodNotFound, BindingReasons.UidMismatch) => $"The pod of session {id} was replaced by one that the session does not name. Ask its owner to correct it.",
            (ReadyReasons.PodNotFound, _) => $"The pod that session {id} names does not exist.",
            (ReadyReasons.InvalidKeys or ReadyReasons.InvalidSpec, _) => $"The configuration of session {id} is not valid. Ask its owner to correct it.",
            (ReadyReasons.AddressRefused, _) => $"The gateway does not connect to the address of session {id}'s pod. Please report this to the operators.",
            var (reason, _) => $"Session {id} has no pod{InBrackets(reason)}.",
        };
    }

    /// <param name="connections">How many it has open: as many as it may have, or more.</param>
    public static string Full(string sessionId, int connections) =>
        $"Session {sessionId} already has {new Quantity(connections, "open connection")}, the maximum. Close one and try again.";

    public static string Idle(SessionEntry entry) =>
        $"This connection to session {entry.SessionId} was closed because it was idle for {Quantity.Describe(entry.IdleTimeout)}.";

    public static string ClosedByAdministrator(string sessionId, string connectionId) =>
        $"An administrator closed this connection to session {sessionId} (connection {connectionId}).";

    /// <param name="input">Whether what users type is recorded, too.</param>
    public static string Recorded(SessionEntry entry, bool input) =>
        $"Session {entry.SessionId} is recorded: {(entry.Recording == RecordingMode.All ? "all output" : "what your terminals show")}{(input ? ", and what you type" : "")}.";

    public static string CannotRecord(string sessionId) =>
        $"Session {sessionId} must be recorded, and the gateway cannot record it now. Try again in a few minutes. If it still fails, tell the operators.";

    /// <summary>For connections that were open then.</summary>
    public static string RecordingFailed(string sessionId) =>
        $"This connection to session {sessionId} was closed because the gateway can no longer record it.";

    private static string InBrackets(string word) => word.Length == 0 ? "" : $" ({word})";
}
