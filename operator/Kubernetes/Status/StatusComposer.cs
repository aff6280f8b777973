using SshGateway.Feed;
using SshGateway.Operator.HostKeys;
using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;
using SshGateway.Operator.Usage;

namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>A session's status: a pure function of the objects, the reports, the time and the last status.</summary>
internal static class StatusComposer
{
    private const int MaxMessage = 1024;

    // The schema's.
    private const long MaxConnections = 1_000_000;

    // A session that is used all the time is written this often, and no oftener.
    private static readonly TimeSpan ActivityGrain = TimeSpan.FromMinutes(5);

    /// <param name="state">The objects, and the route that follows from them.</param>
    /// <param name="usage">What the proxies report; null: not known yet.</param>
    /// <param name="hostKey">What they know of the pod's host key; null: nothing.</param>
    /// <param name="waits">The logins that wait for the pod; left out: not known.</param>
    public static SessionStatus Compose(SessionState state, SessionUsage? usage, HostKeyRecord? hostKey, DateTimeOffset now, LoginWaits waits = default)
    {
        // The API writes times in whole seconds.
        now = DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds());
        SessionStatus? previous = state.Session.Status;
        Condition ready = Conditions.Ready(state, hostKey, now);
        Condition? wake = WakeCondition.Compose(state, ready, waits, now);
        SessionEndpoint? endpoint = ComposeEndpoint(state.Route, hostKey, previous?.Endpoint, ready.Holds == true ? now : null);
        int? connections = ComposeConnections(previous, usage);
        return new SessionStatus
        {
            ObservedGeneration = state.Session.Metadata?.Generation,
            Phase = FindPhase(state, ready.Reason),
            AuthorizedKeyCount = state.Route?.AuthorizedKeys.Count ?? 0,
            Endpoint = endpoint,
            Connections = connections,
            LastActivityTime = ComposeActivity(previous, usage?.LastActivity, connections),
            Conditions =
            [
                .. new Condition?[] { ready, Conditions.PodBound(state), Conditions.PodReady(state.Route), Conditions.KeysValid(state), wake }
                    .OfType<Condition>().Select(c => Compose(c, state.Session, now)),
            ],
        };
    }

    // A session that was never connected to says nothing, so that it needs no write for that.
    private static int? ComposeConnections(SessionStatus? previous, SessionUsage? usage) =>
        usage is not { } known || (known.Connections == 0 && previous?.Connections is null) ? previous?.Connections : (int)Math.Min(known.Connections, MaxConnections);

    // Exact where the status changes anyway, and otherwise seldom.
    private static DateTimeOffset? ComposeActivity(SessionStatus? previous, DateTimeOffset? used, int? connections)
    {
        DateTimeOffset? written = previous?.LastActivityTime;
        bool isNews = used is not null && (written is null || used - written >= ActivityGrain || (used > written && connections != previous!.Connections));
        return isNews ? DateTimeOffset.FromUnixTimeSeconds(used!.Value.ToUnixTimeSeconds()) : written;
    }

    private static SessionEndpoint? ComposeEndpoint(RoutedSession? route, HostKeyRecord? hostKey, SessionEndpoint? previous, DateTimeOffset? readyNow)
    {
        if (route is null || route.State == EndpointState.None || route.BoundPod is not { } pod)
        {
            return null;
        }
        return new SessionEndpoint
        {
            PodName = pod.Name,
            PodUid = pod.Uid,
            Ip = route.Address?.ToString(),
            Ips = pod.Status?.PodIPs is { Count: > 0 } addresses ? [.. addresses.Select(a => a?.Ip).OfType<string>()] : null,
            Port = route.Exec is null ? route.Port : null,
            NodeName = pod.Spec?.NodeName,
            HostKeyFingerprints = HostKeyCondition.Fingerprints(route, hostKey) is { Count: > 0 } fingerprints ? fingerprints : null,
            HostKeyReportedBy = HostKeyCondition.ReportedBy(route, hostKey),
            ReadySince = previous?.PodUid == pod.Uid ? previous.ReadySince ?? readyNow : readyNow,
        };
    }

    private static SessionCondition Compose(Condition condition, ClaudeSession session, DateTimeOffset now)
    {
        string status = condition.Holds switch { true => "True", false => "False", null => "Unknown" };
        SessionCondition? previous = session.Status?.Conditions?.FirstOrDefault(c => c?.Type == condition.Type);
        return new SessionCondition
        {
            Type = condition.Type,
            Status = status,
            ObservedGeneration = session.Metadata?.Generation,
            LastTransitionTime = previous?.Status == status ? previous.LastTransitionTime : now,
            Reason = condition.Reason,
            Message = Shorten(condition.Message),
        };
    }

    // Never between the two halves of a character.
    private static string Shorten(string text) => text.Length <= MaxMessage ? text
        : text[..(char.IsHighSurrogate(text[MaxMessage - 1]) ? MaxMessage - 1 : MaxMessage)];

    /// <summary>
    /// The session's use; null: not known yet. A session whose id belongs to another namespace's has no connections:
    /// they are the other's.
    /// </summary>
    public static SessionUsage? FindUsage(UsageTable usage, SessionState state) =>
        state.Route is { } route ? usage.Find(route.SessionId) : default(SessionUsage);

    /// <summary>A summary for people.</summary>
    /// <param name="reason">That of the Ready condition.</param>
    public static string FindPhase(SessionState state, string reason) => reason switch
    {
        ReadyReasons.EndpointReady => "Ready",
        ReadyReasons.WaitingForPod or ReadyReasons.PodNotFound => "Pending",
        ReadyReasons.PodNotReady => WasReady(state) ? "NotReady" : "Starting",
        ReadyReasons.Suspended => "Suspended",
        ReadyReasons.PodTerminating or ReadyReasons.SessionTerminating or ReadyReasons.Draining => "Draining",
        ReadyReasons.PodFailed or ReadyReasons.AccessDisabled or ReadyReasons.Expired => "Ended",
        ReadyReasons.Conflict or ReadyReasons.SessionIdTaken => "Conflict",
        _ => "Invalid",
    };

    // Whether logins have gone to this pod before tells a start from an outage.
    private static bool WasReady(SessionState state) =>
        state.Session.Status?.Endpoint is { ReadySince: not null } previous && previous.PodUid == state.Route?.BoundPod?.Uid;
}
