using Grpc.Core;
using SshGateway.Feed;
using SshGateway.Hosting;
using SshGateway.Operator.Table;

namespace SshGateway.Operator.Usage;

/// <summary>
/// Counts the refused logins of each session, over all proxies, and says when its owner is to be told. A stranger who
/// knows a session's id can cause refused logins. So a few are not reported, a session is reported once in a while, and
/// the number of all reports in a minute is bounded.
/// </summary>
internal sealed class RefusedLoginTable(EndpointTable table, TimeProvider time)
{
    /// <summary>One wrong key is anybody's; so many are worth telling.</summary>
    public const int MinCount = 3;

    /// <summary>Sessions that are told of in a minute.</summary>
    public const int MaxPerMinute = 20;

    /// <summary>
    /// They are counted until there is none for as long, and a session is told of once in this time.
    /// </summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    private const int MaxReports = 1000;
    private const int MaxSessions = 10_000;
    private const int MaxFingerprints = 3;
    private const int MaxFingerprint = 64;
    private const uint MaxLogins = 1_000_000;

    private readonly Lock _lock = new();
    private readonly SteadyClock _clock = new(time);
    private readonly Dictionary<string, Refusals> _sessions = new(StringComparer.Ordinal);
    private readonly RateLimit _notices = new(MaxPerMinute, TimeSpan.FromMinutes(1), time);
    private readonly RateLimit _cleanups = new(1, TimeSpan.FromMinutes(1), time);

    /// <summary>So many logins to the session were refused that its owner should know.</summary>
    public event Action<RefusedLogins>? Noticed;

    /// <exception cref="RpcException">The report breaks the contract; nothing of it is taken.</exception>
    public static void Check(Activity report)
    {
        if (report.Refused.Count > MaxReports)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"Activity has the refused logins of {report.Refused.Count} sessions; at most {MaxReports} may be in one message"));
        }
        foreach (LoginRefusals refusals in report.Refused)
        {
            // It is shown to people.
            bool isPrintable = refusals.KeyFingerprint.Length <= MaxFingerprint && !refusals.KeyFingerprint.AsSpan().ContainsAnyExceptInRange('!', '~');
            bool isWord = refusals.Reason.Length is > 0 and <= EntryRules.MaxWordLength && refusals.Reason.All(char.IsAsciiLetter);
            if (!SessionNames.IsSessionId(refusals.SessionId) || refusals.Count > MaxLogins || !isWord || !isPrintable)
            {
                throw new RpcException(new Status(StatusCode.InvalidArgument, "Activity.refused has a session_id, count, reason or key_fingerprint out of range"));
            }
        }
    }

    /// <param name="report">What a proxy says; it has been checked.</param>
    public void Apply(Activity report)
    {
        List<RefusedLogins> due = [];
        lock (_lock)
        {
            foreach (LoginRefusals refusals in report.Refused.Where(r => table.Find(r.SessionId) is not null))
            {
                if (Find(refusals.SessionId) is { } known && Add(known, refusals) is { } notice)
                {
                    due.Add(notice);
                }
            }
        }
        due.ForEach(notice => Noticed?.Invoke(notice));
    }

    private Refusals? Find(string sessionId)
    {
        if (_sessions.TryGetValue(sessionId, out Refusals? known))
        {
            return known;
        }
        if (_sessions.Count == MaxSessions && _cleanups.TryTake())
        {
            foreach ((string id, Refusals refusals) in _sessions)
            {
                if (_clock.Now - refusals.LastAt >= Window && _clock.Now - refusals.ToldAt >= Window)
                {
                    _sessions.Remove(id);
                }
            }
        }
        if (_sessions.Count == MaxSessions)
        {
            return null;
        }
        return _sessions[sessionId] = new Refusals();
    }

    private RefusedLogins? Add(Refusals known, LoginRefusals refusals)
    {
        DateTimeOffset now = _clock.Now;
        if (now - known.LastAt >= Window)
        {
            (known.Since, known.Count) = (now, 0);
        }
        known.LastAt = now;
        if (known.Count == 0 || known.Reason != refusals.Reason)
        {
            known.Reason = refusals.Reason;
            known.Fingerprints.Clear();
        }
        known.Count += refusals.Count;
        if (known.Fingerprints.Count < MaxFingerprints && !known.Fingerprints.Contains(refusals.KeyFingerprint))
        {
            known.Fingerprints.Add(refusals.KeyFingerprint);
        }
        if (known.Count < MinCount || now - known.ToldAt < Window || !_notices.TryTake())
        {
            return null;
        }
        var notice = new RefusedLogins(refusals.SessionId, known.Count, now - known.Since, known.Reason, [.. known.Fingerprints]);
        (known.ToldAt, known.Since, known.Count) = (now, now, 0);
        return notice;
    }

    private sealed class Refusals
    {
        public DateTimeOffset Since { get; set; }

        public DateTimeOffset LastAt { get; set; } = DateTimeOffset.MinValue;

        public DateTimeOffset ToldAt { get; set; } = DateTimeOffset.MinValue;

        public long Count { get; set; }

        public string Reason { get; set; } = "";

        public List<string> Fingerprints { get; } = [];
    }
}

/// <summary>Logins to a session that proxies refused.</summary>
/// <param name="SessionId">The session.</param>
/// <param name="Count">How many.</param>
/// <param name="Within">The time from the first of them, or from the last notice, to now.</param>
/// <param name="Reason">Why the last ones were: a word of <see cref="KeyRefusal"/>, or of a newer proxy.</param>
/// <param name="Fingerprints">The first keys that were refused for that reason.</param>
internal sealed record RefusedLogins(string SessionId, long Count, TimeSpan Within, string Reason, IReadOnlyList<string> Fingerprints);
