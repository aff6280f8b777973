using k8s;
using k8s.Models;
using SshGateway.Operator.Kubernetes.Api;

namespace SshGateway.Operator.Kubernetes.Leadership;

/// <summary>
/// Which replica writes: the holder of a Lease. Whether another one's lease has run out is judged by how long this
/// process has seen it unchanged, never by the times written in it; whether our own still holds, from before the
/// request was sent.
/// </summary>
internal sealed class LeaseElection(ApiClient api, LeaseSettings settings, TimeProvider time, ILogger<LeaseElection> logger)
{
    public const string Name = "ssh-gateway-operator";

    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan RenewLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan WriteMargin = TimeSpan.FromSeconds(2);
    private const double Jitter = 1.2;

    private readonly Lock _lock = new();
    private string? _seenVersion;
    private long _seenAt;
    private long? _renewedAt;
    private string? _problem;

    /// <summary>The lease was taken, or is ours for another while.</summary>
    public event Action? Renewed;

    /// <summary>Whether a write that begins now ends while the lease is ours.</summary>
    public bool IsHeld
    {
        get
        {
            lock (_lock)
            {
                return _renewedAt is { } renewed && time.GetElapsedTime(renewed) < Duration - WriteMargin;
            }
        }
    }

    /// <summary>Takes the lease when it is free and renews it, until it is cancelled; then gives it back.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await TryOnceAsync(cancellationToken);
                TimeSpan pause = IsHeld ? RetryInterval : RetryInterval * (1 + (Random.Shared.NextDouble() * Jitter));
                await Task.Delay(pause, time, cancellationToken);
            }
        }
        finally
        {
            await ReleaseAsync();
        }
    }

    private async Task TryOnceAsync(CancellationToken cancellationToken)
    {
        bool wasHeld = _renewedAt is not null;
        long started = time.GetTimestamp();
        try
        {
            if (await TryTakeAsync(cancellationToken))
            {
                lock (_lock)
                {
                    _renewedAt = started;
                }
                if (!wasHeld)
                {
                    LeadershipLog.Taken(logger, settings.Identity);
                }
                _problem = null;
                Renewed?.Invoke();
                return;
            }
            Lose("another replica holds it");
        }
        catch (Exception exception) when (ApiFailure.IsAny(exception))
        {
            // It is tried every few seconds, and said when it is something new.
            if (_problem != exception.Message)
            {
                _problem = exception.Message;
                LeadershipLog.Failed(logger, exception.Message);
            }
            if (wasHeld && time.GetElapsedTime(_renewedAt!.Value) >= RenewLimit)
            {
                Lose("it could not be renewed");
            }
        }
    }

    /// <returns>Whether the lease is ours.</returns>
    private async Task<bool> TryTakeAsync(CancellationToken cancellationToken)
    {
        V1Lease? lease = await ReadAsync(cancellationToken);
        if (lease is null)
        {
            // 409: another replica was faster.
            return await api.CoordinationV1
                .CreateNamespacedLeaseAsync(Holding(null), settings.Namespace, cancellationToken: cancellationToken)
                .SucceedsUnlessAsync(409);
        }
        Observe(lease);
        string? holder = lease.Spec?.HolderIdentity;
        if (!string.IsNullOrEmpty(holder) && holder != settings.Identity && !HasRunOut(lease))
        {
            return false;
        }
        return await PatchAsync(Holding(lease), cancellationToken).SucceedsUnlessAsync(409);
    }

    private Task<V1Lease?> ReadAsync(CancellationToken cancellationToken) =>
        api.CoordinationV1
            .ReadNamespacedLeaseAsync(Name, settings.Namespace, cancellationToken: cancellationToken).OrNullAsync();

    // The patch names the version that was read, so that of two replicas one fails.
    private Task<V1Lease> PatchAsync(V1Lease lease, CancellationToken cancellationToken) =>
        api.CoordinationV1.PatchNamespacedLeaseAsync(
            new V1Patch(lease, V1Patch.PatchType.MergePatch), Name, settings.Namespace, cancellationToken: cancellationToken);

    private void Observe(V1Lease lease)
    {
        if (lease.Metadata?.ResourceVersion != _seenVersion)
        {
            _seenVersion = lease.Metadata?.ResourceVersion;
            _seenAt = time.GetTimestamp();
        }
    }

    private bool HasRunOut(V1Lease lease) =>
        time.GetElapsedTime(_seenAt) >= (lease.Spec?.LeaseDurationSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : Duration);

    // The times are for people: the clocks of two machines do not compare.
    private V1Lease Holding(V1Lease? previous)
    {
        bool isRenewal = previous?.Spec?.HolderIdentity == settings.Identity;
        DateTime now = time.GetUtcNow().UtcDateTime;
        return new V1Lease
        {
            Metadata = new V1ObjectMeta { Name = Name, ResourceVersion = previous?.Metadata?.ResourceVersion },
            Spec = new V1LeaseSpec
            {
                HolderIdentity = settings.Identity,
                LeaseDurationSeconds = (int)Duration.TotalSeconds,
                AcquireTime = isRenewal ? previous!.Spec.AcquireTime : now,
                RenewTime = now,
                LeaseTransitions = (previous?.Spec?.LeaseTransitions ?? 0) + (isRenewal || previous?.Spec is null ? 0 : 1),
            },
        };
    }

    private void Lose(string why)
    {
        lock (_lock)
        {
            if (_renewedAt is null)
            {
                return;
            }
            _renewedAt = null;
        }
        LeadershipLog.Lost(logger, settings.Identity, why);
    }

    // So that the next replica need not wait until it runs out.
    private async Task ReleaseAsync()
    {
        if (!IsHeld)
        {
            return;
        }
        Lose("the process ends");
        try
        {
            V1Lease? lease = await ReadAsync(CancellationToken.None);
            if (lease?.Spec?.HolderIdentity == settings.Identity)
            {
                await PatchAsync(
                    new V1Lease
                    {
                        Metadata = new V1ObjectMeta { ResourceVersion = lease.Metadata?.ResourceVersion },
                        Spec = new V1LeaseSpec { HolderIdentity = "", LeaseDurationSeconds = 1 },
                    },
                    CancellationToken.None);
            }
        }
        catch (Exception exception) when (ApiFailure.IsAny(exception))
        {
            LeadershipLog.Failed(logger, exception.Message);
        }
    }
}

/// <summary>Where the lease is, and by which name this replica holds it.</summary>
internal sealed record LeaseSettings(string Namespace, string Identity);

internal static partial class LeadershipLog
{
    [LoggerMessage(1, LogLevel.Information, "{Identity} is the leader and writes the sessions' status")]
    public static partial void Taken(ILogger logger, string identity);

    [LoggerMessage(2, LogLevel.Information, "{Identity} is no longer the leader: {Why}")]
    public static partial void Lost(ILogger logger, string identity, string why);

    [LoggerMessage(3, LogLevel.Warning, "Cannot read or renew the leader's lease: {Problem}")]
    public static partial void Failed(ILogger logger, string problem);
}
