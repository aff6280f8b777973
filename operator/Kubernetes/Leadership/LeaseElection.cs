using System.Globalization;
using System.Text.Json;
using SshGateway.Operator.Kubernetes.Api;

namespace SshGateway.Operator.Kubernetes.Leadership;

/// <summary>
/// Which replica writes: the holder of a Lease. Whether another one's lease has run out is judged by how long this process
/// has seen it unchanged, never by the times written in it; whether our own still holds, from before the request was sent.
/// </summary>
internal sealed class LeaseElection(ApiWriter api, string ofNamespace, string identity, TimeProvider time, Random random, ILogger logger)
{
    public const string Name = "ssh-gateway-operator";

    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan RenewLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan WriteMargin = TimeSpan.FromSeconds(2);
    private const double Jitter = 1.2;

    private readonly string _leases = $"apis/coordination.k8s.io/v1/namespaces/{ofNamespace}/leases";
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

    /// <summary>Takes the lease whenever it is free and renews it, until it is cancelled; then it gives it back.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await TryOnceAsync(cancellationToken);
                TimeSpan pause = IsHeld ? RetryInterval : RetryInterval * (1 + (random.NextDouble() * Jitter));
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
                    LeadershipLog.Taken(logger, identity);
                }
                _problem = null;
                Renewed?.Invoke();
                return;
            }
            Lose("another replica holds it");
        }
        catch (Exception exception) when (ApiFailure.IsAny(exception) || exception is JsonException)
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
        Lease? lease = await ReadAsync(cancellationToken);
        if (lease is null)
        {
            return await TryWriteAsync(() => api.CreateAsync(_leases, Encode(Holding(null, null)), cancellationToken));
        }
        Observe(lease);
        string? holder = lease.Spec?.HolderIdentity;
        if (!string.IsNullOrEmpty(holder) && holder != identity && !HasRunOut(lease))
        {
            return false;
        }
        return await TryWriteAsync(() => api.PatchAsync($"{_leases}/{Name}", Encode(Holding(lease.Metadata?.ResourceVersion, lease.Spec)), cancellationToken));
    }

    private async Task<Lease?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return JsonSerializer.Deserialize(await api.GetAsync($"{_leases}/{Name}", cancellationToken), LeaseJson.Default.Lease);
        }
        catch (ApiException exception) when (exception.Status.Code == 404)
        {
            return null;
        }
    }

    private static async Task<bool> TryWriteAsync(Func<Task> write)
    {
        try
        {
            await write();
            return true;
        }
        catch (ApiException exception) when (exception.Status.Code == 409)
        {
            // Another replica was faster.
            return false;
        }
    }

    private void Observe(Lease lease)
    {
        if (lease.Metadata?.ResourceVersion != _seenVersion)
        {
            _seenVersion = lease.Metadata?.ResourceVersion;
            _seenAt = time.GetTimestamp();
        }
    }

    private bool HasRunOut(Lease lease) =>
        time.GetElapsedTime(_seenAt) >= (lease.Spec?.LeaseDurationSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : Duration);

    private Lease Holding(string? version, Lease.SpecPart? previous)
    {
        bool isRenewal = previous?.HolderIdentity == identity;
        string now = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);
        return new Lease
        {
            ApiVersion = "coordination.k8s.io/v1",
            Kind = "Lease",
            Metadata = new() { Name = Name, ResourceVersion = version },
            Spec = new()
            {
                HolderIdentity = identity,
                LeaseDurationSeconds = (int)Duration.TotalSeconds,
                AcquireTime = isRenewal ? previous!.AcquireTime : now,
                RenewTime = now,
                LeaseTransitions = (previous?.LeaseTransitions ?? 0) + (isRenewal || previous is null ? 0 : 1),
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
        LeadershipLog.Lost(logger, identity, why);
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
            Lease? lease = await ReadAsync(CancellationToken.None);
            if (lease?.Spec?.HolderIdentity == identity)
            {
                var released = new Lease { Metadata = new() { ResourceVersion = lease.Metadata?.ResourceVersion }, Spec = new() { HolderIdentity = "", LeaseDurationSeconds = 1 } };
                await api.PatchAsync($"{_leases}/{Name}", Encode(released), CancellationToken.None);
            }
        }
        catch (Exception exception) when (ApiFailure.IsAny(exception) || exception is JsonException)
        {
            LeadershipLog.Failed(logger, exception.Message);
        }
    }

    private static byte[] Encode(Lease lease) => JsonSerializer.SerializeToUtf8Bytes(lease, LeaseJson.Default.Lease);
}
