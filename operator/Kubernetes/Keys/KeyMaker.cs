using System.Security.Cryptography;
using System.Text;
using k8s;
using k8s.Models;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Kubernetes.Leadership;
using SshGateway.Ssh.Keys;

namespace SshGateway.Operator.Kubernetes.Keys;

/// <summary>
/// Makes the keys that are missing: the host keys of proxies and exec relays, and the user CA. What is there is never
/// changed, whoever made it, so a replica that is not the leader any more can do no harm. Each private key is in its
/// Secret and nowhere else; this process cannot read it back, because it may create Secrets and not read them.
/// </summary>
internal sealed class KeyMaker(ApiClient api, LeaseElection lease, KeyNames names, TimeProvider time, ILogger<KeyMaker> logger)
{
    // The files that deploy/base/proxy.yaml mounts.
    private const string UserCaFile = "user_ca";
    private const string PublicSuffix = ".pub";
    private const string UserCaPublicFile = UserCaFile + PublicSuffix;
    private const string HostKeyComment = "ssh-gateway";
    private const string UserCaComment = "ssh-gateway-user-ca";
    private const string ExecHostKeyComment = "ssh-gateway-exec";

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
        // What cannot be made does not keep the others from being made.
        string?[] problems =
        [
            await FindProblemAsync(names.HostKeysSecret, MakeHostKeysAsync, cancellationToken),
            await FindProblemAsync(names.UserCaSecret, MakeUserCaAsync, cancellationToken),
            await FindProblemAsync(names.ExecHostKeysSecret, MakeExecHostKeysAsync, cancellationToken),
        ];
        string problem = string.Join("; ", problems.OfType<string>().Distinct());
        // It is tried again and again, and said when it is something new.
        if (problem.Length > 0 && _problem != problem)
        {
            KeysLog.Failed(logger, names.Namespace, problem);
        }
        _problem = problem;
        return problem.Length == 0;
    }

    /// <summary>Why the keys could not be made; null: they are there, or are not wanted.</summary>
    private static async Task<string?> FindProblemAsync(string secret, Func<CancellationToken, Task> make, CancellationToken cancellationToken)
    {
        try
        {
            await (secret.Length > 0 ? make(cancellationToken) : Task.CompletedTask);
            return null;
        }
        catch (Exception exception) when (ApiFailure.IsAny(exception) || exception is InvalidDataException)
        {
            return exception.Message;
        }
    }

    private async Task MakeHostKeysAsync(CancellationToken cancellationToken)
    {
        if (await HasSecretAsync(names.HostKeysSecret, cancellationToken))
        {
            return;
        }
        using SshPrivateKey ed25519 = Ed25519PrivateKey.Generate();
        using SshPrivateKey ecdsa = EcdsaPrivateKey.Generate();
        using SshPrivateKey rsa = RsaPrivateKey.Generate();
        await CreateAsync(
            names.HostKeysSecret, HostKeyComment, cancellationToken,
            ("ssh_host_ed25519_key", ed25519), ("ssh_host_ecdsa_key", ecdsa), ("ssh_host_rsa_key", rsa));
    }

    private async Task MakeUserCaAsync(CancellationToken cancellationToken)
    {
        if (await LacksAsync(names.UserCaSecret, names.UserCaConfigMap, UserCaPublicFile, cancellationToken))
        {
            using SshPrivateKey ca = Ed25519PrivateKey.Generate();
            await CreateAsync(names.UserCaSecret, names.UserCaConfigMap, UserCaComment, cancellationToken, (UserCaFile, ca));
        }
    }

    private async Task MakeExecHostKeysAsync(CancellationToken cancellationToken)
    {
        if (await LacksAsync(names.ExecHostKeysSecret, names.ExecHostKeysConfigMap, "the relays' public host keys", cancellationToken))
        {
            using SshPrivateKey ed25519 = Ed25519PrivateKey.Generate();
            using SshPrivateKey ecdsa = EcdsaPrivateKey.Generate();
            await CreateAsync(
                names.ExecHostKeysSecret, names.ExecHostKeysConfigMap, ExecHostKeyComment, cancellationToken,
                ("ssh_host_ed25519_key", ed25519), ("ssh_host_ecdsa_key", ecdsa));
        }
    }

    /// <summary>Whether neither the private keys nor their public halves are there.</summary>
    /// <param name="content">What is in the ConfigMap.</param>
    /// <exception cref="InvalidDataException">One of the two is missing.</exception>
    private async Task<bool> LacksAsync(string secret, string configMap, string content, CancellationToken cancellationToken)
    {
        bool isPublished = configMap.Length > 0
            && await api.CoreV1.ReadNamespacedConfigMapAsync(configMap, names.Namespace, cancellationToken: cancellationToken).OrNullAsync() is not null;
        if (await HasSecretAsync(secret, cancellationToken))
        {
            return configMap.Length > 0 && !isPublished ? throw new InvalidDataException(
                $"there is a Secret {secret}, which the operator may not read, and no ConfigMap {configMap}; create the ConfigMap with {content}, as deploy/README.md shows")
                : false;
        }
        // Whoever trusts the public halves would refuse other keys.
        return isPublished
            ? throw new InvalidDataException(
                $"there is a ConfigMap {configMap} and no Secret {secret}; restore the Secret, or delete the ConfigMap to have new keys made")
            : true;
    }

    /// <summary>Creates the Secret and publishes the public halves. Another replica that was first has them.</summary>
    private async Task CreateAsync(string secret, string configMap, string comment, CancellationToken cancellationToken, params (string File, SshPrivateKey Key)[] keys)
    {
        if (!await CreateAsync(secret, comment, cancellationToken, keys) || configMap.Length == 0)
        {
            return;
        }
        var published = new V1ConfigMap
        {
            Metadata = new V1ObjectMeta { Name = configMap },
            Data = keys.ToDictionary(k => k.File + PublicSuffix, k => $"{k.Key.PublicKey} {comment}\n"),
        };
        if (await api.CoreV1.CreateNamespacedConfigMapAsync(published, names.Namespace, cancellationToken: cancellationToken)
            .SucceedsUnlessAsync(409))
        {
            KeysLog.Published(logger, names.Namespace, configMap, secret);
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
internal sealed record KeyNames(string Namespace, string HostKeysSecret, string UserCaSecret, string UserCaConfigMap)
{
    /// <summary>The exec relays' host keys.</summary>
    public string ExecHostKeysSecret { get; init; } = "";

    /// <summary>Their public halves, which the proxies expect.</summary>
    public string ExecHostKeysConfigMap { get; init; } = "";
}

internal static partial class KeysLog
{
    [LoggerMessage(1, LogLevel.Information, "Created Secret {Namespace}/{Secret}: {Fingerprints}")]
    public static partial void Made(ILogger logger, string @namespace, string secret, string fingerprints);

    [LoggerMessage(2, LogLevel.Information, "Created ConfigMap {Namespace}/{ConfigMap} with the public keys of Secret {Secret}")]
    public static partial void Published(ILogger logger, string @namespace, string configMap, string secret);

    [LoggerMessage(3, LogLevel.Error, "Cannot read or create the gateway's keys in namespace {Namespace}: {Problem}")]
    public static partial void Failed(ILogger logger, string @namespace, string problem);
}
