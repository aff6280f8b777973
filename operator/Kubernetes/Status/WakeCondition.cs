using SshGateway.Feed;
using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;
using SshGateway.Operator.Usage;

namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>
/// The condition WakeRequested, by which whoever makes the pods learns that a login waits for one. It becomes True when
/// there is no pod, and stays so until logins work or nobody waits any more. A session for which no login has ever
/// waited does not have it.
/// </summary>
internal static class WakeCondition
{
    public const string LoginWaiting = "LoginWaiting";
    public const string SessionReady = "SessionReady";
    public const string NobodyWaits = "NobodyWaits";

    /// <summary>It becomes True at most once in this time, however often logins come and pods go.</summary>
    public static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(10);

    /// <param name="ready">The Ready condition of this moment.</param>
    /// <param name="waits">The logins that wait.</param>
    /// <param name="now">In whole seconds, as the API writes times.</param>
    /// <returns>Null: the status has no such condition.</returns>
    public static Condition? Compose(SessionState state, Condition ready, LoginWaits waits, DateTimeOffset now)
    {
        SessionCondition? previous = Find(state.Session.Status);
        bool wasRequested = previous?.Status == "True";
        if (ready.Holds != true && CanWake(state.Route, now))
        {
            if (!waits.IsKnown || (waits.Login is not null && wasRequested))
            {
                return Keep(previous);
            }
            if (waits.Login is { } login && LacksPod(state.Route!))
            {
                return FindDelay(previous, now) > TimeSpan.Zero
                    ? Keep(previous)
                    : new Condition(
                        SessionCondition.WakeRequested, true, LoginWaiting, $"a login has waited for the session's pod since {login.Since.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}");
            }
        }
        return !wasRequested ? Keep(previous)
            : ready.Holds == true ? new Condition(SessionCondition.WakeRequested, false, SessionReady, "logins work")
            : new Condition(SessionCondition.WakeRequested, false, NobodyWaits, "no login waits for the session's pod");
    }

    /// <summary>Whether a status says so.</summary>
    public static bool IsRequested(SessionStatus? status) => Find(status)?.Status == "True";

    /// <summary>Whether a login asks for the pod with what was written.</summary>
    public static bool IsNew(SessionStatus? previous, SessionStatus written) => IsRequested(written) && !IsRequested(previous);

    /// <summary>The condition of a status; null: it has none.</summary>
    public static SessionCondition? Find(SessionStatus? status) => status?.Conditions?.FirstOrDefault(c => c?.Type == SessionCondition.WakeRequested);

    /// <summary>When to compose it again though nothing has changed; null: not for this.</summary>
    public static TimeSpan? FindReviewDelay(SessionState state, LoginWaits waits, DateTimeOffset now)
    {
        SessionCondition? previous = Find(state.Session.Status);
        if (previous?.Status == "True")
        {
            return waits.Login?.Left;
        }
        return waits.Login is not null && FindDelay(previous, now) is var delay && delay > TimeSpan.Zero ? delay : null;
    }

    private static bool CanWake(RoutedSession? route, DateTimeOffset now) =>
        route is { Wake: Wake.OnLogin, Access: Access.Enabled } && !(route.ExpiresAt <= now);

    private static bool LacksPod(RoutedSession route) =>
        route.State == EndpointState.None && ReadyReasons.LacksPod(route.Reason);

    private static TimeSpan FindDelay(SessionCondition? previous, DateTimeOffset now) =>
        previous?.LastTransitionTime + MinInterval - now ?? TimeSpan.Zero;

    // As it is: a reason or a sentence that says the same in another way is no news.
    private static Condition? Keep(SessionCondition? previous) => previous is null ? null
        : new Condition(
            SessionCondition.WakeRequested, previous.Status switch { "True" => true, "False" => false, _ => null }, previous.Reason ?? NobodyWaits, previous.Message ?? "");
}

/// <summary>What is known of the logins that wait for a session's pod.</summary>
/// <param name="IsKnown">Whether all proxies have had the time to report.</param>
/// <param name="Login">Null: none waits.</param>
internal readonly record struct LoginWaits(bool IsKnown, WaitingLogin? Login)
{
    public static LoginWaits Find(UsageTable usage, SessionState state)
    {
        WaitingLogin? login = state.Route is { } route ? usage.WaitingLogins.Find(route.SessionId) : null;
        return new LoginWaits(login is not null || usage.CompleteIn <= TimeSpan.Zero, login);
    }
}
