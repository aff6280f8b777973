using System.Globalization;
using System.Security.Cryptography;
using k8s;
using k8s.Models;
using SshGateway.Operator.Kubernetes.Api;

namespace SshGateway.Operator.Kubernetes.FeedCertificates;

/// <summary>
/// Reads the feed's certificate from its Secret, in every replica; and in the one that leads makes it, publishes its
/// CA, and renews both. What does not carry our mark is somebody's own, and is never changed. A change is bound to the
/// version that it was computed from, so that a replica that is not the leader any more changes nothing.
/// </summary>
/// <param name="isLeader">Whether this replica may write now.</param>
/// <param name="settings">Where the CA is, and its times.</param>
/// <param name="shown">Gets the certificate.</param>
/// <param name="time">The clock of the certificates.</param>
internal sealed class FeedCaKeeper(
    ApiClient api, Func<bool> isLeader, FeedCaSettings settings, FeedSecret shown, TimeProvider time, ILogger<FeedCaKeeper> logger)
{
    public const string PublishedAt = "tars.cloudwalk.network/published-at";

    // The label that marks what may be changed.
    private const string OwnerLabel = "app.kubernetes.io/managed-by";
    private const string Owner = "ssh-gateway-operator";

    // Reading costs one request; a new certificate is shown within this time.
    private static readonly TimeSpan MaxInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(1);

    // From nothing to a published CA takes three.
    private const int MaxSteps = 8;

    private const string TimeFormat = "yyyy-MM-ddTHH:mm:ssZ";

    private readonly FeedCaRotation _rotation = new(settings);

    // The steps of a rotation are an overlap apart, and must not be late by much of it.
    private readonly TimeSpan _interval = TimeSpan.FromTicks(Math.Clamp(settings.Overlap.Ticks / 4, MinInterval.Ticks, MaxInterval.Ticks));
    private string? _problem;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await TryStepsAsync(cancellationToken);
            await Task.Delay(shown.IsThere ? _interval : MinInterval, time, cancellationToken);
        }
    }

    /// <summary>Reads, and as the leader takes the one step that is due.</summary>
    /// <returns>Whether there may be another step.</returns>
    /// <exception cref="InvalidDataException">What there is cannot be used.</exception>
    public async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        V1Secret? secret = await api.CoreV1
            .ReadNamespacedSecretAsync(settings.Secret, settings.Namespace, cancellationToken: cancellationToken).OrNullAsync();
        if (secret is not null)
        {
            shown.Put(FeedAuthority.ReadCertificate(secret));
        }
        else
        {
            shown.Await($"the leader has not made the Secret {settings.Namespace}/{settings.Secret} yet");
        }
        if (!isLeader())
        {
            return false;
        }
        V1ConfigMap? published = await api.CoreV1
            .ReadNamespacedConfigMapAsync(settings.ConfigMap, settings.Namespace, cancellationToken: cancellationToken).OrNullAsync();
        if (secret is null)
        {
            return await MakeAsync(published, cancellationToken);
        }
        if (published is null)
        {
            return await PublishFirstAsync(secret, cancellationToken);
        }
        if (!IsOurs(secret))
        {
            return false;
        }
        FeedAuthority present = FeedAuthority.Read(secret);
        DateTimeOffset? publishedAt = IsOurs(published) ? ReadTime(published) : null;
        if (IsOurs(published) && (ReadBundle(published) != present.Bundle || publishedAt is null || publishedAt > time.GetUtcNow()))
        {
            return await PublishAsync(published, present, cancellationToken);
        }
        if (_rotation.Next(present, publishedAt, time.GetUtcNow()) is not var (step, next))
        {
            return IsOurs(published) ? false : throw new InvalidDataException(
                $"the ConfigMap {settings.ConfigMap} has not the label {OwnerLabel}={Owner}, so its CAs are not changed and the CA of the Secret {settings.Secret} cannot be renewed");
        }
        if (!isLeader() || !await TryChangeAsync(secret, next, cancellationToken))
        {
            return false;
        }
        FeedCaLog.Stepped(logger, settings.Namespace, settings.Secret, step);
        return true;
    }

    private async Task TryStepsAsync(CancellationToken cancellationToken)
    {
        try
        {
            for (int i = 0; i < MaxSteps && await StepAsync(cancellationToken); i++)
            {
            }
            _problem = null;
        }
        catch (Exception exception) when (ApiFailure.IsAny(exception) || exception is InvalidDataException or CryptographicException or ArgumentException)
        {
            shown.Fail(exception.Message);
            // It is tried again and again, and said when it is something new.
            if (_problem != exception.Message)
            {
                _problem = exception.Message;
                FeedCaLog.Failed(logger, settings.Namespace, exception.Message);
            }
        }
    }

    private async Task<bool> MakeAsync(V1ConfigMap? published, CancellationToken cancellationToken)
    {
        if (published is not null && !IsOurs(published))
        {
            // The proxies trust a CA whose key is not here, and would refuse the certificates of another one.
            throw new InvalidDataException(
                $"there is a ConfigMap {settings.ConfigMap} and no Secret {settings.Secret}; restore the Secret, or delete the ConfigMap to have a new CA made");
        }
        var made = new V1Secret
        {
            Metadata = Metadata(settings.Secret, isOurs: true),
            Data = _rotation.Begin(time.GetUtcNow()).ToData().Where(v => v.Value is not null).ToDictionary()!,
        };
        if (await api.CoreV1.CreateNamespacedSecretAsync(made, settings.Namespace, cancellationToken: cancellationToken)
            .SucceedsUnlessAsync(409))
        {
            FeedCaLog.Made(logger, settings.Namespace, settings.Secret);
        }
        return true;
    }

    // Of a Secret of somebody's own, the ConfigMap is theirs from then on.
    private async Task<bool> PublishFirstAsync(V1Secret secret, CancellationToken cancellationToken)
    {
        string bundle = IsOurs(secret) ? FeedAuthority.Read(secret).Bundle : FeedAuthority.Text(secret, FeedAuthority.CaFile);
        V1ObjectMeta metadata = Metadata(settings.ConfigMap, IsOurs(secret));
        metadata.Annotations = IsOurs(secret) ? Now() : null;
        V1ConfigMap made = Published(metadata, bundle);
        if (await api.CoreV1.CreateNamespacedConfigMapAsync(made, settings.Namespace, cancellationToken: cancellationToken)
            .SucceedsUnlessAsync(409))
        {
            LogPublished(bundle);
        }
        return true;
    }

    private async Task<bool> PublishAsync(V1ConfigMap published, FeedAuthority present, CancellationToken cancellationToken)
    {
        var change = new V1Patch(Published(Version(published, Now()), present.Bundle), V1Patch.PatchType.MergePatch);
        if (!isLeader() || !await api.CoreV1
            .PatchNamespacedConfigMapAsync(change, settings.ConfigMap, settings.Namespace, cancellationToken: cancellationToken)
            .SucceedsUnlessAsync(404, 409))
        {
            return false;
        }
        LogPublished(present.Bundle);
        return true;
    }

    private void LogPublished(string bundle) =>
        FeedCaLog.Published(logger, bundle.Split("-----BEGIN CERTIFICATE-----").Length - 1, settings.Namespace, settings.ConfigMap);

    // Written together with the bundle: so the time is this bundle's and no other's.
    private Dictionary<string, string> Now() => new() { [PublishedAt] = time.GetUtcNow().UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture) };

    private static DateTimeOffset? ReadTime(V1ConfigMap published) =>
        DateTimeOffset.TryParseExact(
            published.GetAnnotation(PublishedAt), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset at) ? at : null;

    private static string? ReadBundle(V1ConfigMap published) =>
        published.Data is { } data && data.TryGetValue(FeedAuthority.CaFile, out string? bundle) ? bundle : null;

    private static bool IsOurs(IMetadata<V1ObjectMeta> present) => present.GetLabel(OwnerLabel) == Owner;

    private static V1ObjectMeta Metadata(string name, bool isOurs) => new()
    {
        Name = name,
        Labels = isOurs ? new Dictionary<string, string> { [OwnerLabel] = Owner } : null,
    };

    // In a patch, it makes the patch succeed only on this version.
    private static V1ObjectMeta Version(IMetadata<V1ObjectMeta> present, Dictionary<string, string>? annotations = null) =>
        new() { ResourceVersion = present.Metadata.ResourceVersion, Annotations = annotations };

    private static V1ConfigMap Published(V1ObjectMeta metadata, string bundle) =>
        new() { Metadata = metadata, Data = new Dictionary<string, string> { [FeedAuthority.CaFile] = bundle } };

    private Task<bool> TryChangeAsync(V1Secret present, FeedAuthority next, CancellationToken cancellationToken)
    {
        // A null in the patch takes a value away.
        var change = new V1Patch(
            new V1Secret { Metadata = Version(present), Data = next.ToData()! }, V1Patch.PatchType.MergePatch);
        return api.CoreV1
            .PatchNamespacedSecretAsync(change, settings.Secret, settings.Namespace, cancellationToken: cancellationToken)
            .SucceedsUnlessAsync(404, 409);
    }
}

internal static partial class FeedCaLog
{
    [LoggerMessage(1, LogLevel.Information, "Created the feed's CA and certificate in Secret {Namespace}/{Secret}")]
    public static partial void Made(ILogger logger, string @namespace, string secret);

    [LoggerMessage(2, LogLevel.Information, "Published the feed's CAs in ConfigMap {Namespace}/{ConfigMap} (CAs: {Count})")]
    public static partial void Published(ILogger logger, int count, string @namespace, string configMap);

    [LoggerMessage(3, LogLevel.Information, "Feed CA and certificate in Secret {Namespace}/{Secret}: {Step}")]
    public static partial void Stepped(ILogger logger, string @namespace, string secret, FeedCaStep step);

    [LoggerMessage(4, LogLevel.Error, "Cannot read, create or renew the feed's certificate in namespace {Namespace}: {Problem}")]
    public static partial void Failed(ILogger logger, string @namespace, string problem);
}
