using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Kubernetes.Leadership;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;

namespace SshGateway.Operator.Kubernetes.Keys;

/// <summary>
/// Makes the keys that are missing: the proxies' host keys and the user CA. What is there is never changed, whoever made it,
/// so a replica that is not the leader any more can do no harm. Each private key is in its Secret and nowhere else.
/// </summary>
internal sealed class KeyMaker(ApiWriter api, LeaseElection lease, KeyNames names, TimeProvider time, ILogger logger)
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

    private readonly DataStore _secrets = new(api, "Secret", "secrets", names.Namespace);
    private readonly DataStore _configMaps = new(api, "ConfigMap", "configmaps", names.Namespace);
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
            if (names.HostKeysSecret.Length > 0 && await _secrets.FindAsync(names.HostKeysSecret, cancellationToken) is null)
            {
                await MakeAsync(names.HostKeysSecret, HostKeyComment, HostKeys, cancellationToken);
            }
            if (names.UserCaSecret.Length > 0)
            {
                await MakeUserCaAsync(cancellationToken);
            }
            return true;
        }
        catch (Exception exception) when (ApiFailure.IsAny(exception) || exception is InvalidDataException or JsonException)
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
        bool isPublished = names.UserCaConfigMap.Length > 0 && await _configMaps.FindAsync(names.UserCaConfigMap, cancellationToken) is not null;
        StoredData? secret = await _secrets.FindAsync(names.UserCaSecret, cancellationToken);
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
            secret = await _secrets.FindAsync(names.UserCaSecret, cancellationToken);
        }
        if (names.UserCaConfigMap.Length > 0 && !isPublished
            && await _configMaps.TryCreateAsync(
                names.UserCaConfigMap, new Dictionary<string, string?> { [UserCaPublicFile] = PublicLine(secret) }, isOurs: false, null, cancellationToken))
        {
            KeysLog.Published(logger, names.Namespace, names.UserCaConfigMap);
        }
    }

    private async Task MakeAsync(string secret, string comment, IEnumerable<(string File, Func<SshPrivateKey> Generate)> keys, CancellationToken cancellationToken)
    {
        var data = new Dictionary<string, string?>();
        List<string> fingerprints = [];
        foreach ((string file, Func<SshPrivateKey> generate) in keys)
        {
            using SshPrivateKey key = generate();
            data[file] = Convert.ToBase64String(Encoding.ASCII.GetBytes(OpenSshKeyFile.Format(key, comment)));
            fingerprints.Add($"{key.PublicKey.Type} {key.PublicKey.Fingerprint}");
        }
        if (await _secrets.TryCreateAsync(secret, data, isOurs: false, null, cancellationToken))
        {
            KeysLog.Made(logger, names.Namespace, secret, string.Join(", ", fingerprints));
        }
    }

    private string PublicLine(StoredData? secret)
    {
        try
        {
            string text = Encoding.ASCII.GetString(Convert.FromBase64String(secret?.Data.GetValueOrDefault(UserCaFile) ?? ""));
            using SshPrivateKey key = OpenSshKeyFile.Parse(text);
            return $"{key.PublicKey} {UserCaComment}\n";
        }
        catch (Exception exception) when (exception is SshFormatException or FormatException or CryptographicException)
        {
            throw new InvalidDataException(
                $"the Secret {names.UserCaSecret} has no usable {UserCaFile}, whose public half the ConfigMap {names.UserCaConfigMap} would be: {exception.Message}");
        }
    }
}
