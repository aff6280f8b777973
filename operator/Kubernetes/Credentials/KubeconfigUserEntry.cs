using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SshGateway.Hosting;

namespace SshGateway.Operator.Kubernetes.Credentials;

/// <summary>A user of a kubeconfig, and where it stands: relative paths are relative to its file.</summary>
internal sealed record KubeconfigUserEntry(KubeconfigUser User, string Origin, string File)
{
    private static readonly string[] ExecVersions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

    public ICredentialSource ReadCredentials(KubeconfigClusterEntry cluster, TimeProvider time)
    {
        X509Certificate2? certificate = ReadCertificate();
        if (User.Exec is { } exec)
        {
            if (certificate is not null || User.Token is not null || User.TokenFile is not null)
            {
                throw new ConfigurationException([$"{Origin}: has exec beside another credential; leave one of them"]);
            }
            return ReadExec(exec, cluster, time);
        }
        if (User.TokenFile is { } tokenFile)
        {
            string path = KubeconfigPath.Resolve(tokenFile, File);
            return System.IO.File.Exists(path)
                ? new TokenFile(path, certificate, time)
                : throw new ConfigurationException([$"{Origin}: tokenFile is {path}, and there is no such file"]);
        }
        return new FixedCredential(User.Token, certificate);
    }

    private ExecPlugin ReadExec(KubeconfigExec exec, KubeconfigClusterEntry cluster, TimeProvider time)
    {
        if (!ExecVersions.Contains(exec.ApiVersion))
        {
            throw new ConfigurationException([$"{Origin}: exec.apiVersion is \"{exec.ApiVersion}\"; the plugin must speak {string.Join(" or ", ExecVersions)}"]);
        }
        if (string.IsNullOrEmpty(exec.Command))
        {
            throw new ConfigurationException([$"{Origin}: exec.command is missing; write the plugin's program"]);
        }
        if (exec.InteractiveMode == "Always")
        {
            throw new ConfigurationException([$"{Origin}: exec.interactiveMode is Always, and the operator has no terminal; use a plugin that asks nothing"]);
        }
        // A bare name is looked for on PATH; a path is relative to the file.
        string command = exec.Command.Contains('/', StringComparison.Ordinal) ? KubeconfigPath.Resolve(exec.Command, File) : exec.Command;
        return new ExecPlugin(exec, command, exec.ProvideClusterInfo ? cluster.Describe() : null, time);
    }

    private X509Certificate2? ReadCertificate()
    {
        string? certificate = ReadPem("client-certificate", User.ClientCertificateData, User.ClientCertificate);
        string? key = ReadPem("client-key", User.ClientKeyData, User.ClientKey);
        if (certificate is null != key is null)
        {
            throw new ConfigurationException([$"{Origin}: has one of client-certificate and client-key without the other"]);
        }
        try
        {
            return certificate is null ? null : X509Certificate2.CreateFromPem(certificate, key);
        }
        catch (CryptographicException exception)
        {
            throw new ConfigurationException([$"{Origin}: client-certificate and client-key cannot be used: {exception.Message}"]);
        }
    }

    private string? ReadPem(string field, string? data, string? path)
    {
        if (data is not null)
        {
            return Encoding.ASCII.GetString(KubeconfigData.Decode(data, $"{Origin}: {field}-data"));
        }
        if (path is null)
        {
            return null;
        }
        path = KubeconfigPath.Resolve(path, File);
        return System.IO.File.Exists(path)
            ? System.IO.File.ReadAllText(path)
            : throw new ConfigurationException([$"{Origin}: {field} is {path}, and there is no such file"]);
    }
}
