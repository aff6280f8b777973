using Grpc.Core;
using SshGateway.Feed;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;

namespace SshGateway.Operator.HostKeys;

/// <summary>
/// One record of each pod's host key: the first key that a proxy reports for a pod's UID is the pod's, for all proxies
/// and until the pod is gone. What proxies saw and report against it is kept to be shown; nothing is ever repaired by
/// it.
/// </summary>
internal sealed class HostKeyTable
{
    // Pods come and go; the oldest are forgotten beyond this.
    private const int Capacity = 200_000;

    private const int MaxPodUid = 64;
    private const int MaxFingerprint = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, HostKeyRecord> _byPod = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();
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

    /// <summary>
    /// How often a pod showed a key that it must not have, and that had not been reported of it before.
    /// </summary>
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

    /// <exception cref="RpcException">The report breaks the contract.</exception>
    public void Apply(LearnedHostKey report)
    {
        CheckPod(report.SessionId, report.PodUid);
        SshPublicKey key;
        try
        {
            key = SshPublicKey.Parse(report.Key.Span);
        }
        catch (SshFormatException exception)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"LearnedHostKey.key is {exception.Message}"));
        }
        Update(report.SessionId, report.PodUid, known =>
            known.ExpectedFingerprint is { } expected && expected != key.Fingerprint ? known with { MismatchFingerprint = key.Fingerprint }
            : known.Key is null ? known with { Key = key }
            : known);
    }

    /// <summary>
    /// Takes over what the session's status says of its pod's host key: at the start, before anything is told to
    /// proxies. It is believed only to refuse. What a proxy has reported already came later, and has to agree.
    /// </summary>
    public void Recover(string podUid, string fingerprint)
    {
        lock (_lock)
        {
            HostKeyRecord? reported = _byPod.GetValueOrDefault(podUid);
            bool isOther = reported?.Key is { } key && key.Fingerprint != fingerprint;
            Put(podUid, new HostKeyRecord(isOther ? null : reported?.Key, isOther ? reported!.Key!.Fingerprint : reported?.MismatchFingerprint, fingerprint));
        }
    }

    /// <exception cref="RpcException">The report breaks the contract.</exception>
    public void Apply(HostKeyMismatch report)
    {
        CheckPod(report.SessionId, report.PodUid);
        string fingerprint = report.HostKeyFingerprint;
        // It is shown to people.
        if (fingerprint.Length is 0 or > MaxFingerprint || fingerprint.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "HostKeyMismatch.host_key_fingerprint is no fingerprint"));
        }
        Update(report.SessionId, report.PodUid, known => known with { MismatchFingerprint = fingerprint });
    }

    private static void CheckPod(string sessionId, string podUid)
    {
        if (!SessionNames.IsSessionId(sessionId) || podUid.Length is 0 or > MaxPodUid)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "LearnedHostKey and HostKeyMismatch name a session_id and a pod_uid"));
        }
    }

    private void Update(string sessionId, string podUid, Func<HostKeyRecord, HostKeyRecord> change)
    {
        lock (_lock)
        {
            HostKeyRecord? before = _byPod.GetValueOrDefault(podUid);
            HostKeyRecord after = change(before ?? new HostKeyRecord(null, null));
            Put(podUid, after);
            if (after == before)
            {
                return;
            }
            _mismatches += after.MismatchFingerprint != before?.MismatchFingerprint ? 1 : 0;
        }
        Changed?.Invoke(sessionId);
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
}

/// <summary>What the proxies together know of one pod's host key.</summary>
/// <param name="Key">The key of the first login that was reported; null: none was.</param>
/// <param name="MismatchFingerprint">Another key that the pod showed to a proxy last; null: none.</param>
/// <param name="RecoveredFingerprint">Of the key that was known before all operators were restarted; null: nothing was.
/// No other key than this one is learned.</param>
internal sealed record HostKeyRecord(SshPublicKey? Key, string? MismatchFingerprint, string? RecoveredFingerprint = null)
{
    /// <summary>Of the key that the pod has to have; null: that is not known.</summary>
    public string? ExpectedFingerprint => Key?.Fingerprint ?? RecoveredFingerprint;
}
