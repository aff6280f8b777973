using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SshGateway.Hosting;
using SshGateway.Hosting.Files;
using SshGateway.Kubernetes.ApiServer;
using SshGateway.Kubernetes.Yaml;
using static SshGateway.Kubernetes.Kubeconfig.KubeconfigFile;

namespace SshGateway.Kubernetes.Kubeconfig;

/// <summary>
/// Reads a list of kubeconfig files as kubectl does: of entries with one name, and of current-contexts, the first
/// file's counts. What cannot be honoured is an error, because ignoring it could mean another cluster or another user.
/// </summary>
internal sealed class KubeconfigReader(string files, TimeProvider time)
{
    private readonly Dictionary<(string List, string Name), (string File, JsonElement Entry)> _entries = [];
    private string? _currentContext;

    /// <param name="files">Paths; between them a colon. Of several, those that do not exist are passed over.</param>
    /// <exception cref="ConfigurationException">The files do not say how to reach a cluster, or say it in a way that is
    /// not supported.</exception>
    public static ApiServerAccess Read(string files, TimeProvider time)
    {
        var reader = new KubeconfigReader(files, time);
        string[] paths = files.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string[] present = paths.Length == 1 ? paths : [.. paths.Where(File.Exists)];
        if (present.Length == 0)
        {
            throw new ConfigurationException([$"none of the kubeconfig files {files} exists"]);
        }
        foreach (string path in present)
        {
            reader.Add(Path.GetFullPath(path));
        }
        return reader.Resolve();
    }

    private void Add(string path)
    {
        string text;
        try
        {
            text = RegularFile.ReadText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException([$"the kubeconfig {exception.Message}"]);
        }
        try
        {
            using YamlToJson yaml = YamlToJson.Convert(text);
            KubeconfigFile? file = yaml.IsMapping ? JsonSerializer.Deserialize(yaml.Json, KubeconfigJson.Default.KubeconfigFile) : null;
            if (file is null && !string.IsNullOrWhiteSpace(text) && yaml.Json.Length > 0)
            {
                throw new ConfigurationException([$"the kubeconfig {path} is no mapping; it begins with apiVersion: v1 and kind: Config"]);
            }
            if (file is not { ApiVersion: null or "" or "v1", Kind: null or "" or "Config" } and not null)
            {
                throw new ConfigurationException([$"the kubeconfig {path} has kind {file.Kind} of apiVersion {file.ApiVersion}; it must be Config of v1"]);
            }
            if (!string.IsNullOrEmpty(file?.CurrentContext))
            {
                _currentContext ??= file.CurrentContext;
            }
            Add(path, "clusters", file?.Clusters, e => e.Cluster);
            Add(path, "users", file?.Users, e => e.User);
            Add(path, "contexts", file?.Contexts, e => e.Context);
        }
        catch (ManifestException exception)
        {
            throw new ConfigurationException([$"the kubeconfig {path}: line {exception.Line}: {exception.Message}"]);
        }
        catch (JsonException exception)
        {
            throw new ConfigurationException([$"the kubeconfig {path}: {exception.Path?.TrimStart('$', '.')} is not what a kubeconfig has there"]);
        }
    }

    private void Add(string path, string list, IReadOnlyList<NamedEntry?>? entries, Func<NamedEntry, JsonElement> value)
    {
        HashSet<string> names = [];
        foreach (NamedEntry entry in entries?.OfType<NamedEntry>() ?? [])
        {
            if (!names.Add(entry.Name ?? ""))
            {
                throw new ConfigurationException([$"the kubeconfig {path}: {list} has two entries of the name \"{entry.Name}\"; remove one"]);
            }
            _entries.TryAdd((list, entry.Name ?? ""), (path, value(entry)));
        }
    }

    private ApiServerAccess Resolve()
    {
        string name = _currentContext ?? throw new ConfigurationException([$"the kubeconfig {files} has no current-context; write the name of one of its contexts there"]);
        (KubeconfigContext context, KubeconfigOrigin origin) = Find("contexts", name, KubeconfigJson.Default.KubeconfigContext, "current-context");
        (KubeconfigCluster cluster, KubeconfigOrigin ofCluster) = Find("clusters", context.Cluster, KubeconfigJson.Default.KubeconfigCluster, $"{origin.Name}: cluster");
        (KubeconfigUser user, KubeconfigOrigin ofUser) = string.IsNullOrEmpty(context.User)
            ? (new KubeconfigUser(), origin)
            : Find("users", context.User, KubeconfigJson.Default.KubeconfigUser, $"{origin.Name}: user");
        var server = new KubeconfigClusterEntry(cluster, ofCluster);
        return new ApiServerAccess
        {
            Origin = origin.Name,
            Server = server.ReadServer(),
            Authorities = server.ReadAuthorities(time),
            TlsServerName = server.TlsServerName,
            InsecureSkipTlsVerify = server.InsecureSkipTlsVerify,
            Proxy = server.ReadProxy(),
            Credentials = new KubeconfigUserEntry(user, ofUser).ReadCredentials(server, time),
        };
    }

    private (T Value, KubeconfigOrigin Origin) Find<T>(string list, string? name, JsonTypeInfo<T> type, string reference)
    {
        if (!_entries.TryGetValue((list, name ?? ""), out (string File, JsonElement Entry) found) || found.Entry.ValueKind != JsonValueKind.Object)
        {
            throw new ConfigurationException([$"the kubeconfig {files}: {reference} is \"{name}\", and {list} has no entry of that name"]);
        }
        var origin = new KubeconfigOrigin($"the kubeconfig {found.File}: {list} \"{name}\"", found.File);
        try
        {
            return (found.Entry.Deserialize(type)!, origin);
        }
        catch (JsonException exception)
        {
            string field = exception.Path?.TrimStart('$', '.') ?? "";
            throw origin.Fault($"{(field.Length == 0 ? "a field" : field)} is not supported here, or is of another type ({exception.Message.Split('.')[0]})");
        }
    }
}
