using Grpc.Core;
using SshGateway.Hosting;
using SshGateway.Hosting.Tls;

namespace SshGateway.Proxy.Feed;

/// <summary>
/// Opens streams to operators. Reads both files for each: the CA and the token are replaced at run time.
/// </summary>
internal sealed class OperatorAccess(FeedOptions options, TimeProvider time)
{
    /// <summary>How long an operator may say nothing: three heartbeats of endpoint_feed.proto.</summary>
    public static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(30);

    /// <summary>What a Hello says of the program.</summary>
    public static readonly string Version = typeof(OperatorAccess).Assembly.GetName().Version?.ToString(3) ?? "";

    /// <exception cref="RpcException">A file cannot be used.</exception>
    public OperatorStream Open(OperatorAddress address, CancellationToken cancellationToken)
    {
        if (options.AuthoritiesFile is null || options.TokenFile is null)
        {
            return new OperatorStream(new Uri($"http://{address.Name}"), null, address.EndPoint, cancellationToken);
        }
        try
        {
            var authorities = CertificateAuthorities.FromFile(options.AuthoritiesFile, time);
            return new OperatorStream(new Uri($"https://{address.Name}"), new OperatorCredentials(authorities, ReadToken(options.TokenFile)), address.EndPoint, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ConfigurationException)
        {
            throw new RpcException(new Status(StatusCode.Unauthenticated, $"Proxy:OperatorCA or Proxy:OperatorToken cannot be used: {exception.Message}", exception));
        }
    }

    private static string ReadToken(string path)
    {
        string token = File.ReadAllText(path).Trim();
        // RFC 6750 section 2.1, b64token. Anything else would be refused by HttpClient with an exception that quotes
        // it.
        return token.Length > 0 && token.All(c => char.IsAsciiLetterOrDigit(c) || "-._~+/=".Contains(c, StringComparison.Ordinal))
            ? token
            : throw new ConfigurationException([$"{path}: holds no token"]);
    }
}
