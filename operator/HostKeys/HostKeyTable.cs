using Grpc.Core;
using SshGateway.Feed;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;

namespace SshGateway.Operator.HostKeys;

/// <summary>
/// One record of each pod's host key: the first key that a proxy reports for a pod's UID is the pod's, for all proxies
/// and until the pod is gone or its session says to forget the key. Only the pods count that sessions have now. What
/// proxies saw and report against it is kept to be shown; nothing is ever repaired by it.
/// </summary>
internal sealed class HostKeyTable
{
    /// <summary>Reports on pods that no session has are kept up to here: a proxy may know of a pod before this
    /// operator does. The oldest are dropped.</summary>
    public const int MaxEarlyReports = 1000;

    /// <summary>A pod can show a new key at each login. Every one that is taken over is a write of the
    /// status.</summary>
    public const int MaxMismatches = 8;

    // Pods come and go; the oldest are forgotten beyond this.
    private const int Capacity = 200_000;

    private const int MaxPodUid = 64;
    private const int MaxFingerprint = 64;

    // An RSA key of 16384 bits has half of that.
    private const int MaxKey = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, HostKeyRecord> _byPod = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    // The pod that each session has now.
    private readonly Dictionary<string, string> _bound = new(StringComparer.Ordinal);
    private readonly List<HostKeyReport> _early = [];
    private long _mismatches;

    /// <summary>The record of the pod of this session has changed.</summary>
    public event Action<string>? Changed;

    /// <summary>Pods of which something is known.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _byPod.Count;
            }
        }
    }

    /// <summary>How often a pod showed a key that it must not have and that was not reported of it before.</summary>
    public long Mismatches
    {
        get
        {
            lock (_lock)
            {
                return _mismatches;
            }
        }
    }

    /// <summary>Null: nothing has been reported.</summary>
    public HostKeyRecord? Find(string podUid)
    {
        lock (_lock)
        {
            return _byPod.GetValueOrDefault(podUid);
        }
    }

    /// <summary>The session has this pod from now on, and reports on another one do not count.</summary>
    /// <param name="podUid">Its pod; empty: none.</param>
    /// <param name="forgotten">The fingerprint of a key that is not the pod's, whoever reports it; null: none.</param>
    /// <returns>What that changed.</returns>
    public HostKeyChange Bind(string sessionId, string podUid, string? forgotten)
    {
        lock (_lock)
        {
            bool isOther = _bound.GetValueOrDefault(sessionId) != podUid;
            _bound[sessionId] = podUid;
            HostKeyChange change = Forget(podUid, forgotten) ? HostKeyChange.Forgotten : HostKeyChange.None;
            if (!isOther || podUid.Length == 0)
            {
                return change;
            }
            foreach (HostKeyReport report in _early.Where(r => r.IsFor(sessionId, podUid)))
            {
                change |= Put(report) ? HostKeyChange.Reported : HostKeyChange.None;
            }
            _early.RemoveAll(r => r.IsFor(sessionId, podUid));
            return change;
        }
    }

    /// <summary>The session is gone.</summary>
    public void Unbind(string sessionId)
    {
        lock (_lock)
        {
            _bound.Remove(sessionId);
        }
    }

    /// <exception cref="RpcException">The report breaks the contract.</exception>
    public void Apply(LearnedHostKey report, string proxy)
    {
        CheckPod(report.SessionId, report.PodUid);
        if (report.Key.Length > MaxKey)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"LearnedHostKey.key has more than {MaxKey} bytes"));
        }
        SshPublicKey key;
        try
        {
            key = SshPublicKey.Parse(report.Key.Span);
        }
        catch (SshFormatException exception)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"LearnedHostKey.key is {exception.Message}"));
        }
        Apply(new HostKeyReport(report.SessionId, report.PodUid, proxy, key, key.Fingerprint));
    }

    /// <exception cref="RpcException">The report breaks the contract.</exception>
    public void Apply(HostKeyMismatch report, string proxy)
    {
        CheckPod(report.SessionId, report.PodUid);
        string fingerprint = report.HostKeyFingerprint;
        // It is shown to people.
        if (fingerprint.Length is 0 or > MaxFingerprint || fingerprint.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "HostKeyMismatch.host_key_fingerprint is no fingerprint"));
        }
        Apply(new HostKeyReport(report.SessionId, report.PodUid, proxy, null, fingerprint));
    }

    /// <summary>
    /// Takes over what the session's status says of its pod's host key: at the start, before anything is told to
    /// proxies. It is believed only to refuse. What a proxy has reported already came later, and has to agree.
    /// </summary>
    /// <param name="fingerprint">Of its key.</param>
    /// <param name="proxy">Who reported it; null: that is not known.</param>
    public void Recover(string podUid, string fingerprint, string? proxy)
    {
        lock (_lock)
        {
            HostKeyRecord? reported = _byPod.GetValueOrDefault(podUid);
            bool isOther = reported?.Key is { } key && key.Fingerprint != fingerprint;
            Put(podUid, new HostKeyRecord(isOther ? null : reported?.Key, isOther ? reported!.Key!.Fingerprint : reported?.MismatchFingerprint, fingerprint) { LearnedFrom = proxy });
        }
    }

    private static void CheckPod(string sessionId, string podUid)
    {
        if (!SessionNames.IsSessionId(sessionId) || podUid.Length is 0 or > MaxPodUid)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "LearnedHostKey and HostKeyMismatch name a session_id and a pod_uid"));
        }
    }

    private void Apply(HostKeyReport report)
    {
        lock (_lock)
        {
            if (_bound.GetValueOrDefault(report.SessionId) != report.PodUid)
            {
                if (_early.Count == MaxEarlyReports)
                {
                    _early.RemoveAt(0);
                }
                _early.Add(report);
                return;
            }
            if (!Put(report))
            {
                return;
            }
        }
        Changed?.Invoke(report.SessionId);
    }

    private bool Put(HostKeyReport report)
    {
        HostKeyRecord? before = _byPod.GetValueOrDefault(report.PodUid);
        HostKeyRecord after = (before ?? new HostKeyRecord(null, null)).With(report, MaxMismatches);
        Put(report.PodUid, after);
        _mismatches += after.MismatchFingerprint != before?.MismatchFingerprint ? 1 : 0;
        return after != before;
    }

    private void Put(string podUid, HostKeyRecord known)
    {
        if (!_byPod.ContainsKey(podUid))
        {
            _order.Enqueue(podUid);
            if (_order.Count > Capacity)
            {
                _byPod.Remove(_order.Dequeue());
            }
        }
        _byPod[podUid] = known;
    }

    private bool Forget(string podUid, string? fingerprint)
    {
        HostKeyRecord? known = _byPod.GetValueOrDefault(podUid);
        if (podUid.Length == 0 || known?.Forgotten == fingerprint)
        {
            return false;
        }
        bool isKnown = fingerprint is not null && known?.ExpectedFingerprint == fingerprint;
        // Whatever was held against this key says nothing about the next one.
        Put(podUid, (isKnown ? new HostKeyRecord(null, null) : known ?? new HostKeyRecord(null, null)) with { Forgotten = fingerprint });
        return isKnown;
    }
}
