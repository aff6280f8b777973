using System.Security.Cryptography;
using System.Text;
using k8s;
using k8s.Models;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Kubernetes.Leadership;
using SshGateway.Ssh.Keys;

namespace SshGateway.Operator.Kubernetes.Keys;

/// <summary>
/// Makes the keys that are missing: the proxies' host keys and the user CA. What is there is never changed, whoever
/// made it, so a replica that is not the leader any more can do no harm. Each private key is in its Secret and nowhere
/// else; this process cannot read it back, because it may create Secrets and not read them.
/// </summary>
internal sealed class KeyMaker(ApiClient api, LeaseElection lease, KeyNames names, TimeProvider time, ILogger<KeyMaker> logger)
{
    // The files that deploy/base/proxy.yaml mounts.
    private const string UserCaFile = "user_ca";
    private const string UserCaPublicFile = "user_ca.pub";
    private const string HostKeyComment = "ssh-gateway";
    private const string UserCaComment = "ssh-gateway-user-ca";

    // Of a request that is checked in full and changes nothing.
    private const string DryRun = "All";

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
            if (names.HostKeysSecret.Length > 0 && !await HasSecretAsync(names.HostKeysSecret, cancellationToken))
            {
                await MakeHostKeysAsync(cancellationToken);
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

    private async Task MakeHostKeysAsync(CancellationToken cancellationToken)
    {
        using SshPrivateKey ed25519 = Ed25519PrivateKey.Generate();
        using SshPrivateKey ecdsa = EcdsaPrivateKey.Generate();
        using SshPrivateKey rsa = RsaPrivateKey.Generate();
        await CreateAsync(
            names.HostKeysSecret, HostKeyComment, cancellationToken,
            ("ssh_host_ed25519_key", ed25519), ("ssh_host_ecdsa_key", ecdsa), ("ssh_host_rsa_key", rsa));
    }

    private async Task MakeUserCaAsync(CancellationToken cancellationToken)
    {
        bool isPublished = names.UserCaConfigMap.Length > 0
            && await api.CoreV1.ReadNamespacedConfigMapAsync(names.UserCaConfigMap, names.Namespace, cancellationToken: cancellationToken).OrNullAsync() is not null;
        if (await HasSecretAsync(names.UserCaSecret, cancellationToken))
        {
            if (names.UserCaConfigMap.Length > 0 && !isPublished)
            {
                throw new InvalidDataException(
                    $"there is a Secret {names.UserCaSecret}, which the operator may not read, and no ConfigMap {names.UserCaConfigMap}; create the ConfigMap with {UserCaPublicFile}, as deploy/README.md shows");
            }
            return;
        }
        if (isPublished)
        {
            // Pods trust a CA whose key is not here. With another one, they would refuse everybody.
            throw new InvalidDataException(
                $"there is a ConfigMap {names.UserCaConfigMap} and no Secret {names.UserCaSecret}; restore the Secret, or delete the ConfigMap to have a new CA made");
        }
        using SshPrivateKey ca = Ed25519PrivateKey.Generate();
        // If another replica was first, it has the other half.
        if (await CreateAsync(names.UserCaSecret, UserCaComment, cancellationToken, (UserCaFile, ca)) && names.UserCaConfigMap.Length > 0)
        {
            await PublishAsync(ca.PublicKey, cancellationToken);
        }
    }

    private async Task PublishAsync(SshPublicKey ca, CancellationToken cancellationToken)
    {
        var published = new V1ConfigMap
        {
            Metadata = new V1ObjectMeta { Name = names.UserCaConfigMap },
            Data = new Dictionary<string, string> { [UserCaPublicFile] = $"{ca} {UserCaComment}\n" },
        };
        if (await api.CoreV1.CreateNamespacedConfigMapAsync(published, names.Namespace, cancellationToken: cancellationToken)
            .SucceedsUnlessAsync(409))
        {
            KeysLog.Published(logger, names.Namespace, names.UserCaConfigMap);
        }
    }

    /// <returns>Whether it was made here; false: there was one already.</returns>
    private async Task<bool> CreateAsync(string secret, string comment, CancellationToken cancellationToken, params (string File, SshPrivateKey Key)[] keys)
    {
        var made = new V1Secret
        {
            Metadata = new V1ObjectMeta { Name = secret },
            Data = keys.ToDictionary(k => k.File, k => Encoding.ASCII.GetBytes(OpenSshKeyFile.Format(k.Key, comment))),
        };
        bool isMade = await api.CoreV1.CreateNamespacedSecretAsync(made, names.Namespace, cancellationToken: cancellationToken).SucceedsUnlessAsync(409);
        foreach (byte[] file in made.Data.Values)
        {
            CryptographicOperations.ZeroMemory(file);
        }
        if (isMade)
        {
            KeysLog.Made(logger, names.Namespace, secret, string.Join(", ", keys.Select(k => $"{k.Key.PublicKey.Type} {k.Key.PublicKey.Fingerprint}")));
        }
        return isMade;
    }

    // Without reading it: a Secret of this name could not be created.
    private async Task<bool> HasSecretAsync(string name, CancellationToken cancellationToken)
    {
        var probe = new V1Secret { Metadata = new V1ObjectMeta { Name = name } };
        return !await api.CoreV1.CreateNamespacedSecretAsync(probe, names.Namespace, dryRun: DryRun, cancellationToken: cancellationToken).SucceedsUnlessAsync(409);
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
