using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Kubernetes.Keys;

namespace SshGateway.Operator.Kubernetes.FeedCertificates;

/// <summary>
/// Reads the feed's certificate from its Secret, in every replica; and in the one that leads makes it, publishes its CA, and renews both. What does not
/// carry our mark is somebody's own, and is never changed. A change is bound to the version that it was computed from, so that a
/// replica that is not the leader any more changes nothing.
/// </summary>
internal sealed class FeedCaKeeper
{
    public const string PublishedAt = "tars.cloudwalk.network/published-at";

    // Reading costs one request; a new certificate is shown within this time.
    private static readonly TimeSpan MaxInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(1);

    // From nothing to a published CA takes three.
    private const int MaxSteps = 8;

    private const string TimeFormat = "yyyy-MM-ddTHH:mm:ssZ";

    private readonly DataStore _secrets;
    private readonly DataStore _configMaps;
    private readonly Func<bool> _isLeader;
    private readonly FeedCaSettings _settings;
    private readonly FeedCaRotation _rotation;
    private readonly FeedSecret _shown;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TimeSpan _interval;
    private string? _problem;

    /// <param name="api">The API server.</param>
    /// <param name="isLeader">Whether this replica may write now.</param>
    /// <param name="settings">Where the CA is, and its times.</param>
    /// <param name="shown">Gets the certificate.</param>
    /// <param name="time">The clock of the certificates.</param>
    /// <param name="logger">The log.</param>
    public FeedCaKeeper(ApiWriter api, Func<bool> isLeader, FeedCaSettings settings, FeedSecret shown, TimeProvider time, ILogger logger)
    {
        _secrets = new DataStore(api, "Secret", "secrets", settings.Namespace);
        _configMaps = new DataStore(api, "ConfigMap", "configmaps", settings.Namespace);
        _isLeader = isLeader;
        _settings = settings;
        _rotation = new FeedCaRotation(settings);
        _shown = shown;
        _time = time;
        _logger = logger;
        // The steps of a rotation are an overlap apart, and must not be late by much of it.
        _interval = TimeSpan.FromTicks(Math.Clamp(settings.Overlap.Ticks / 4, MinInterval.Ticks, MaxInterval.Ticks));
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await TryStepsAsync(cancellationToken);
            await Task.Delay(_shown.IsThere ? _interval : MinInterval, _time, cancellationToken);
        }
    }

    /// <summary>Reads, and as the leader takes the one step that is due.</summary>
    /// <returns>Whether there may be another step.</returns>
    /// <exception cref="InvalidDataException">What there is cannot be used.</exception>
    public async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        StoredData? secret = await _secrets.FindAsync(_settings.Secret, cancellationToken);
        if (secret is not null)
        {
            _shown.Put(FeedAuthority.ReadCertificate(secret.Data));
        }
        else
        {
            _shown.Await($"the leader has not made the Secret {_settings.Namespace}/{_settings.Secret} yet");
        }
        if (!_isLeader())
        {
            return false;
        }
        StoredData? published = await _configMaps.FindAsync(_settings.ConfigMap, cancellationToken);
        if (secret is null)
        {
            return await MakeAsync(published, cancellationToken);
        }
        if (published is null)
        {
            return await PublishFirstAsync(secret, cancellationToken);
        }
        if (!secret.IsOurs)
        {
            return false;
        }
        FeedAuthority present = FeedAuthority.Read(secret.Data);
        DateTimeOffset? publishedAt = published.IsOurs ? ReadTime(published) : null;
        if (published.IsOurs && (published.Data.GetValueOrDefault(FeedAuthority.CaFile) != present.Bundle || publishedAt is null || publishedAt > _time.GetUtcNow()))
        {
            return await PublishAsync(published, present, cancellationToken);
        }
        if (_rotation.Next(present, publishedAt, _time.GetUtcNow()) is not var (step, next))
        {
            return published.IsOurs ? false : throw new InvalidDataException(
                $"the ConfigMap {_settings.ConfigMap} has not the label {DataStore.OwnerLabel}={DataStore.Owner}, so its CAs are not changed and the CA of the Secret {_settings.Secret} cannot be renewed");
        }
        if (!_isLeader() || !await _secrets.TryChangeAsync(secret, next.ToData(), null, cancellationToken))
        {
            return false;
        }
        FeedCaLog.Stepped(_logger, _settings.Namespace, _settings.Secret, step);
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
        catch (Exception exception) when (ApiFailure.IsAny(exception) || exception is InvalidDataException or JsonException or CryptographicException or ArgumentException)
        {
            _shown.Fail(exception.Message);
            // It is tried again and again, and said when it is something new.
            if (_problem != exception.Message)
            {
                _problem = exception.Message;
                FeedCaLog.Failed(_logger, _settings.Namespace, exception.Message);
            }
        }
    }

    private async Task<bool> MakeAsync(StoredData? published, CancellationToken cancellationToken)
    {
        if (published is { IsOurs: false })
        {
            // The proxies trust a CA whose key is not here, and would refuse the certificates of another one.
            throw new InvalidDataException(
                $"there is a ConfigMap {_settings.ConfigMap} and no Secret {_settings.Secret}; restore the Secret, or delete the ConfigMap to have a new CA made");
        }
        if (await _secrets.TryCreateAsync(_settings.Secret, _rotation.Begin(_time.GetUtcNow()).ToData(), isOurs: true, null, cancellationToken))
        {
            FeedCaLog.Made(_logger, _settings.Namespace, _settings.Secret);
        }
        return true;
    }

    // Of a Secret of somebody's own, the ConfigMap is theirs from then on.
    private async Task<bool> PublishFirstAsync(StoredData secret, CancellationToken cancellationToken)
    {
        string bundle = secret.IsOurs ? FeedAuthority.Read(secret.Data).Bundle : FeedAuthority.Text(secret.Data, FeedAuthority.CaFile);
        if (await _configMaps.TryCreateAsync(
            _settings.ConfigMap, new Dictionary<string, string?> { [FeedAuthority.CaFile] = bundle }, secret.IsOurs, secret.IsOurs ? Now() : null, cancellationToken))
        {
            LogPublished(bundle);
        }
        return true;
    }

    private async Task<bool> PublishAsync(StoredData published, FeedAuthority present, CancellationToken cancellationToken)
    {
        var data = new Dictionary<string, string?> { [FeedAuthority.CaFile] = present.Bundle };
        if (!_isLeader() || !await _configMaps.TryChangeAsync(published, data, Now(), cancellationToken))
        {
            return false;
        }
        LogPublished(present.Bundle);
        return true;
    }

    private void LogPublished(string bundle) =>
        FeedCaLog.Published(_logger, bundle.Split("-----BEGIN CERTIFICATE-----").Length - 1, _settings.Namespace, _settings.ConfigMap);

    // Written together with the bundle: so the time is this bundle's and no other's.
    private Dictionary<string, string> Now() => new() { [PublishedAt] = _time.GetUtcNow().UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture) };

    private static DateTimeOffset? ReadTime(StoredData published) =>
        DateTimeOffset.TryParseExact(
            published.Metadata?.Annotations?.GetValueOrDefault(PublishedAt), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time : null;
}
