using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;

namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>A session's status as a pure function of the objects, the time, and the status that it had.</summary>
internal static class StatusComposer
{
    private const int LongestMessage = 1024;

    public static SessionStatus Compose(SessionState state, DateTimeOffset now)
    {
        // The API writes times in whole seconds.
        now = DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds());
        SessionStatus? previous = state.Session.Status;
        Finding ready = ReadyFinding.Of(state, now);
        SessionEndpoint? endpoint = ComposeEndpoint(state.Route, previous?.Endpoint, ready.Holds == true ? now : null);
        return new SessionStatus
        {
            ObservedGeneration = state.Session.Metadata?.Generation,
            Phase = SessionPhases.Of(ready.Reason, endpoint?.ReadySince is not null),
            AuthorizedKeyCount = state.Route?.AuthorizedKeys.Count ?? 0,
            Endpoint = endpoint,
            Conditions = [.. new[] { ready, BoundFinding.Of(state), PodFinding.Of(state.Route), KeysFinding.Of(state) }.Select(f => Compose(f, state.Session, now))],
        };
    }

    private static SessionEndpoint? ComposeEndpoint(RoutedSession? route, SessionEndpoint? previous, DateTimeOffset? readyNow)
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
            Port = route.Port,
            NodeName = pod.Spec?.NodeName,
            HostKeyFingerprints = route.HostKeys.Count > 0 ? [.. route.HostKeys.Select(k => k.Fingerprint)] : null,
            ReadySince = previous?.PodUid == pod.Uid ? previous.ReadySince ?? readyNow : readyNow,
        };
    }

    private static SessionCondition Compose(Finding finding, ClaudeSession session, DateTimeOffset now)
    {
        string status = finding.Holds switch { true => "True", false => "False", null => "Unknown" };
        SessionCondition? previous = session.Status?.Conditions?.FirstOrDefault(c => c?.Type == finding.Type);
        return new SessionCondition
        {
            Type = finding.Type,
            Status = status,
            ObservedGeneration = session.Metadata?.Generation,
            LastTransitionTime = previous?.Status == status ? previous.LastTransitionTime : now,
            Reason = finding.Reason,
            Message = Shorten(finding.Message),
        };
    }

    // Never between the two halves of a character.
    private static string Shorten(string text) => text.Length <= LongestMessage ? text
        : text[..(char.IsHighSurrogate(text[LongestMessage - 1]) ? LongestMessage - 1 : LongestMessage)];
}
