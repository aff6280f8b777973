using System.Net;

namespace SshGateway.Kubernetes.ApiServer;

/// <summary>
/// Proxies between a program and the API server, by the rules of kubectl (Go's httpproxy), which differ from those
/// of .NET: NO_PROXY takes networks, and nothing that is on this machine goes through the environment's proxy.
/// </summary>
internal static class HttpProxies
{
    private static readonly string[] Schemes = ["http", "https", "socks5"];

    /// <summary>The proxy of a URL; null: it is no proxy's URL. A password in it gets into no message.</summary>
    public static WebProxy? Parse(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? proxy) || !Schemes.Contains(proxy.Scheme) || proxy.Host.Length == 0)
        {
            return null;
        }
        string[] user = proxy.UserInfo.Split(':', 2);
        return new WebProxy(new UriBuilder(proxy) { UserName = "", Password = "" }.Uri)
        {
            Credentials = user[0].Length == 0 ? null : new NetworkCredential(Uri.UnescapeDataString(user[0]), Uri.UnescapeDataString(user.ElementAtOrDefault(1) ?? "")),
        };
    }

    /// <summary>The proxy that the environment wants for a server; null: none.</summary>
    public static WebProxy? FindInEnvironment(Uri server, Func<string, string?> variable)
    {
        string? found = server.Scheme == Uri.UriSchemeHttps ? Value("HTTPS_PROXY", "https_proxy") : Value("HTTP_PROXY", "http_proxy");
        if (found is not { } url || IsExempt(server, Value("NO_PROXY", "no_proxy") ?? ""))
        {
            return null;
        }
        return Parse(url) ?? Parse($"http://{url}");

        string? Value(string name, string otherwise) => NullIfEmpty(variable(name)) ?? NullIfEmpty(variable(otherwise));
    }

    /// <summary>
    /// Whether NO_PROXY names the server: *, a name with all names below it, an address, a network, each but the last
    /// with a port or without.
    /// </summary>
    public static bool IsExempt(Uri server, string noProxy)
    {
        string host = server.IdnHost.Trim('[', ']').TrimEnd('.');
        IPAddress? address = IPAddress.TryParse(host, out IPAddress? parsed) ? parsed : null;
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (address is not null && IPAddress.IsLoopback(address)))
        {
            return true;
        }
        return noProxy.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Any(entry => entry == "*" || IsNamed(entry, host, address, server.Port));
    }

    private static bool IsNamed(string entry, string host, IPAddress? address, int port)
    {
        if (entry.Contains('/', StringComparison.Ordinal))
        {
            return address is not null && IPNetwork.TryParse(entry, out IPNetwork network) && network.Contains(address);
        }
        (string name, string? onlyPort) = CutPort(entry);
        if (onlyPort is not null && onlyPort != $"{port}")
        {
            return false;
        }
        if (IPAddress.TryParse(name, out IPAddress? named))
        {
            return named.Equals(address);
        }
        name = name.StartsWith("*.", StringComparison.Ordinal) ? name[1..] : name;
        return name.Length > 0
            && ((name[0] != '.' && host.Equals(name, StringComparison.OrdinalIgnoreCase))
                || host.EndsWith(name[0] == '.' ? name : $".{name}", StringComparison.OrdinalIgnoreCase));
    }

    private static (string Name, string? Port) CutPort(string entry)
    {
        int colon = entry.LastIndexOf(':');
        bool hasPort = colon >= 0 && (entry.IndexOf(':', StringComparison.Ordinal) == colon || entry[colon - 1] == ']');
        return hasPort ? (entry[..colon].Trim('[', ']'), entry[(colon + 1)..]) : (entry.Trim('[', ']'), null);
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
