using System.Net.Security;
using System.Security.Cryptography;
using System.Text.Json;
using SshGateway.Kubernetes.ApiServer;

namespace SshGateway.Kubernetes.Kubeconfig;

/// <summary>A user of a kubeconfig. An empty field counts as absent; kubectl's order of credentials applies.</summary>
internal sealed class KubeconfigUserEntry(KubeconfigUser user, KubeconfigOrigin origin)
{
    private static readonly string[] ExecVersions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

    public ICredentialSource ReadCredentials(KubeconfigClusterEntry cluster, TimeProvider time)
    {
        RefuseUnsupported();
        SslStreamCertificateContext? certificate = ReadCertificate();
        ExecPlugin? plugin = user.Exec is { } exec ? ReadExec(exec, cluster, certificate, time) : null;
        string? token = string.IsNullOrEmpty(user.Token) ? null : user.Token;
        if (!string.IsNullOrEmpty(user.TokenFile))
        {
            string path = origin.Resolve(user.TokenFile);
            return token is not null || File.Exists(path)
                ? new TokenFile(path, certificate, time, token)
                : throw origin.Fault($"tokenFile is {path}, and there is no such file");
        }
        // A plugin is not asked where there is a token already.
        return token is null && plugin is not null ? plugin : new FixedCredential(token, certificate);
    }

    private void RefuseUnsupported()
    {
        (string Name, JsonElement Value)[] fields =
        [
            ("username", user.Username), ("password", user.Password), ("auth-provider", user.AuthProvider), ("as", user.Impersonate),
            ("as-uid", user.ImpersonateUid), ("as-groups", user.ImpersonateGroups), ("as-user-extra", user.ImpersonateExtra),
        ];
        if (fields.FirstOrDefault(f => !IsEmpty(f.Value)) is { Name: { } name })
        {
            throw origin.Fault($"{name} is not supported here; use a token, a client certificate or an exec plugin");
        }
    }

    private ExecPlugin ReadExec(KubeconfigExec exec, KubeconfigClusterEntry cluster, SslStreamCertificateContext? certificate, TimeProvider time)
    {
        if (!ExecVersions.Contains(exec.ApiVersion))
        {
            throw origin.Fault($"exec.apiVersion is \"{exec.ApiVersion}\"; the plugin must speak {string.Join(" or ", ExecVersions)}");
        }
        if (string.IsNullOrEmpty(exec.Command))
        {
            throw origin.Fault("exec.command is missing; write the plugin's program");
        }
        if (exec.Env?.Any(variable => string.IsNullOrEmpty(variable?.Name)) ?? false)
        {
            throw origin.Fault("exec.env has a variable without a name");
        }
        if (exec.InteractiveMode is not (null or "" or "Never" or "IfAvailable"))
        {
            throw origin.Fault(
                $"exec.interactiveMode is {exec.InteractiveMode}, and this program has no terminal; use a plugin that asks nothing, and write Never or IfAvailable");
        }
        // A bare name is looked for on PATH; a path is relative to the file.
        string command = exec.Command.Contains('/', StringComparison.Ordinal) ? origin.Resolve(exec.Command) : exec.Command;
        return new ExecPlugin(exec, command, exec.ProvideClusterInfo == true ? cluster.Describe() : null, certificate, time);
    }

    private SslStreamCertificateContext? ReadCertificate()
    {
        string? certificate = origin.ReadPem("client-certificate", user.ClientCertificateData, user.ClientCertificate);
        if (certificate is null)
        {
            return null;
        }
        string key = origin.ReadPem("client-key", user.ClientKeyData, user.ClientKey)
            ?? throw origin.Fault("has one of client-certificate and client-key without the other");
        try
        {
            return ClientCertificates.Read(certificate, key);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw origin.Fault($"client-certificate and client-key cannot be used: {exception.Message}");
        }
    }

    // What is there and says nothing, in whatever way.
    private static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => true,
        JsonValueKind.String => value.GetString()!.Length == 0,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        _ => false,
    };
}
