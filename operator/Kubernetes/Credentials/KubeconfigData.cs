using SshGateway.Hosting;

namespace SshGateway.Operator.Kubernetes.Credentials;

/// <summary>The <c>…-data</c> fields of a kubeconfig.</summary>
internal static class KubeconfigData
{
    public static byte[] Decode(string base64, string origin)
    {
        try
        {
            return Convert.FromBase64String(base64);
        }
        catch (FormatException)
        {
            throw new ConfigurationException([$"{origin} is not base64"]);
        }
    }
}
