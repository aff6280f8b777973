using System.Security.Cryptography;
using System.Text;
using k8s;
using k8s.Models;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Kubernetes.Leadership;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;

namespace SshGateway.Operator.Kubernetes.Keys;

/// <summary>
/// Makes the keys that are missing: the proxies' host keys and the user CA. What is there is never changed, whoever
/// made it, so a replica that is not the leader any more can do no harm. Each private key is in its Secret and nowhere
/// else.
/// </summary>
internal sealed class KeyMaker(ApiClient api, LeaseElection lease, KeyNames names, TimeProvider time, ILogger<KeyMaker> logger)
{
    // The files that deploy/base/proxy.yaml mounts.
    private const string UserCaFile = "user_ca";
    private const string UserCaPublicFile = "user_ca.pub";
    private const string HostKeyComment = "ssh-gateway";
    private const string UserCaComment = "ssh-gateway-user-ca";

    private static readonly (string File, Func<SshPrivateKey> Generate)[] HostKeys =
    [
        ("ssh_host_ed25519_key", Ed25519PrivateKey.Generate),
        ("ssh_host_ecdsa_key", EcdsaPrivateKey.Generate),
        ("ssh_host_rsa_key", RsaPrivateKey.Generate),
    ];

    private static readonly TimeSpan LeaderInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(15);

    private string? _problem;

    /// <summary>Waits until this replica leads, makes what is missing, and ends.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (lease.IsHeld && await TryMakeAsync(cancellationToken))
            {
                return;
            }
            await Task.Delay(lease.IsHeld ? RetryInterval : LeaderInterval, time, cancellationToken);
        }
    }

    /// <returns>Whether nothing is missing any more.</returns>
    private async Task<bool> TryMakeAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (names.HostKeysSecret.Length > 0 && await FindSecretAsync(names.HostKeysSecret, cancellationToken) is null)
            {
                await MakeAsync(names.HostKeysSecret, HostKeyComment, HostKeys, cancellationToken);
            }
            if (names.UserCaSecret.Length > 0)
            {
                await MakeUserCaAsync(cancellationToken);
            }
            return true;
        }
        catch (Exception exception) when (ApiFailure.IsAny(exception) || exception is InvalidDataException)
        {
            // It is tried again and again, and said when it is something new.
            if (_problem != exception.Message)
            {
                _problem = exception.Message;
                KeysLog.Failed(logger, names.Namespace, exception.Message);
            }
            return false;
        }
    }

    private async Task MakeUserCaAsync(CancellationToken cancellationToken)
    {
        bool isPublished =
            names.UserCaConfigMap.Length > 0 && await FindConfigMapAsync(names.UserCaConfigMap, cancellationToken) is not null;
        V1Secret? secret = await FindSecretAsync(names.UserCaSecret, cancellationToken);
        if (secret is null && isPublished)
        {
            // Pods trust a CA whose key is not here. With another one, they would refuse everybody.
            throw new InvalidDataException(
                $"there is a ConfigMap {names.UserCaConfigMap} and no Secret {names.UserCaSecret}; restore the Secret, or delete the ConfigMap to have a new CA made");
        }
        if (secret is null)
        {
            await MakeAsync(names.UserCaSecret, UserCaComment, [(UserCaFile, Ed25519PrivateKey.Generate)], cancellationToken);
            // What the server has, which another replica may have made.
            secret = await FindSecretAsync(names.UserCaSecret, cancellationToken);
        }
        if (names.UserCaConfigMap.Length == 0 || isPublished)
        {
            return;
        }
        var published = new V1ConfigMap
        {
            Metadata = new V1ObjectMeta { Name = names.UserCaConfigMap },
            Data = new Dictionary<string, string> { [UserCaPublicFile] = PublicLine(secret) },
        };
        if (await api.CoreV1.CreateNamespacedConfigMapAsync(published, names.Namespace, cancellationToken: cancellationToken)
            .SucceedsUnlessAsync(409))
        {
            KeysLog.Published(logger, names.Namespace, names.UserCaConfigMap);
        }
    }

    private async Task MakeAsync(string secret, string comment, IEnumerable<(string File, Func<SshPrivateKey> Generate)> keys, CancellationToken cancellationToken)
    {
        var data = new Dictionary<string, byte[]>();
        List<string> fingerprints = [];
        foreach ((string file, Func<SshPrivateKey> generate) in keys)
        {
            using SshPrivateKey key = generate();
            data[file] = Encoding.ASCII.GetBytes(OpenSshKeyFile.Format(key, comment));
            fingerprints.Add($"{key.PublicKey.Type} {key.PublicKey.Fingerprint}");
        }
        var made = new V1Secret { Metadata = new V1ObjectMeta { Name = secret }, Data = data };
        if (await api.CoreV1.CreateNamespacedSecretAsync(made, names.Namespace, cancellationToken: cancellationToken)
            .SucceedsUnlessAsync(409))
        {
            KeysLog.Made(logger, names.Namespace, secret, string.Join(", ", fingerprints));
        }
    }

    private Task<V1Secret?> FindSecretAsync(string name, CancellationToken cancellationToken) =>
        api.CoreV1.ReadNamespacedSecretAsync(name, names.Namespace, cancellationToken: cancellationToken).OrNullAsync();

    private Task<V1ConfigMap?> FindConfigMapAsync(string name, CancellationToken cancellationToken) =>
        api.CoreV1.ReadNamespacedConfigMapAsync(name, names.Namespace, cancellationToken: cancellationToken).OrNullAsync();

    private string PublicLine(V1Secret? secret)
    {
        try
        {
            byte[]? file = null;
            secret?.Data?.TryGetValue(UserCaFile, out file);
            string text = Encoding.ASCII.GetString(file ?? []);
            using SshPrivateKey key = OpenSshKeyFile.Parse(text);
            return $"{key.PublicKey} {UserCaComment}\n";
        }
        catch (Exception exception) when (exception is SshFormatException or CryptographicException)
        {
            throw new InvalidDataException(
                $"the Secret {names.UserCaSecret} has no usable {UserCaFile}, whose public half the ConfigMap {names.UserCaConfigMap} would be: {exception.Message}");
        }
    }
}

/// <summary>Where the gateway's keys are. What has an empty name is not made.</summary>
/// <param name="Namespace">The operator's own.</param>
/// <param name="HostKeysSecret">The proxies' host keys.</param>
/// <param name="UserCaSecret">The key of the CA that the pods trust.</param>
/// <param name="UserCaConfigMap">Its public half.</param>
internal sealed record KeyNames(string Namespace, string HostKeysSecret, string UserCaSecret, string UserCaConfigMap);

internal static partial class KeysLog
{
    [LoggerMessage(1, LogLevel.Information, "Created Secret {Namespace}/{Secret}: {Fingerprints}")]
    public static partial void Made(ILogger logger, string @namespace, string secret, string fingerprints);

    [LoggerMessage(2, LogLevel.Information, "Created ConfigMap {Namespace}/{ConfigMap} with the user CA's public key, which the pods must trust")]
    public static partial void Published(ILogger logger, string @namespace, string configMap);

    [LoggerMessage(3, LogLevel.Error, "Cannot read or create the gateway's keys in namespace {Namespace}: {Problem}")]
    public static partial void Failed(ILogger logger, string @namespace, string problem);
}
