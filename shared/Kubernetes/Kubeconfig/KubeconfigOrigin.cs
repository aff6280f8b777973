using System.Text;
using SshGateway.Hosting;
using SshGateway.Hosting.Files;

namespace SshGateway.Kubernetes.Kubeconfig;

/// <summary>Where an entry of a kubeconfig stands.</summary>
/// <param name="Name">For errors.</param>
/// <param name="File">The kubeconfig file: relative paths in the entry are relative to its directory.</param>
internal sealed record KubeconfigOrigin(string Name, string File)
{
    public string Resolve(string path) => Path.GetFullPath(path, Path.GetDirectoryName(File)!);

    public ConfigurationException Fault(string problem) => new([$"{Name}: {problem}"]);

    /// <summary>What a field says: its <c>-data</c>, or the file that it names; null when both are empty.</summary>
    /// <exception cref="ConfigurationException">Both say something, or it cannot be read.</exception>
    public string? ReadPem(string field, string? data, string? path)
    {
        if (!string.IsNullOrEmpty(data))
        {
            return string.IsNullOrEmpty(path) ? Decode(field, data) : throw Fault($"has {field} and {field}-data; leave one of them");
        }
        return string.IsNullOrEmpty(path) ? null : ReadFile(field, Resolve(path));
    }

    private string Decode(string field, string base64)
    {
        try
        {
            return Encoding.ASCII.GetString(Convert.FromBase64String(base64));
        }
        catch (FormatException)
        {
            throw Fault($"{field}-data is not base64");
        }
    }

    private string ReadFile(string field, string path)
    {
        try
        {
            return RegularFile.ReadText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Fault($"{field} is {exception.Message}");
        }
    }
}
