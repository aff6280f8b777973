using SshGateway.Proxy.Configuration;
using SshGateway.Shared.Grpc;
using SshGateway.Shared.Hosting;
using SshGateway.Shared.Tls;

namespace SshGateway.Proxy.Feed;

/// <summary>Opens connections to operators. Both files are read for each: the CA and the token are replaced while we run.</summary>
internal sealed class OperatorAccess(FeedOptions options, TimeProvider time)
{
    /// <summary>How long an operator may say nothing: three heartbeats of endpoint_feed.proto.</summary>
    public static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(30);

    /// <summary>What a Hello says of the program.</summary>
    public static readonly string Version = typeof(OperatorAccess).Assembly.GetName().Version?.ToString(3) ?? "";

    /// <exception cref="GrpcException">A file cannot be used.</exception>
    public GrpcClient Open(OperatorAddress address)
    {
        if (options.AuthoritiesFile is null || options.TokenFile is null)
        {
            return new GrpcClient(new Uri($"http://{address.Name}"), endPoint: address.EndPoint);
        }
        try
        {
            var authorities = CertificateAuthorities.FromFile(options.AuthoritiesFile, time);
            return new GrpcClient(new Uri($"https://{address.Name}"), new GrpcCredentials(authorities, ReadToken(options.TokenFile)), address.EndPoint);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ConfigurationException)
        {
            throw new GrpcException(GrpcStatusCode.Unauthenticated, $"Proxy:OperatorCA or Proxy:OperatorToken cannot be used: {exception.Message}", exception);
        }
    }

    private static string ReadToken(string path)
    {
        string token = File.ReadAllText(path).Trim();
        // RFC 6750 section 2.1, b64token. Anything else would be refused by HttpClient with an exception that quotes it.
        return token.Length > 0 && token.All(c => char.IsAsciiLetterOrDigit(c) || "-._~+/=".Contains(c, StringComparison.Ordinal))
            ? token
            : throw new ConfigurationException([$"{path}: holds no token"]);
    }
}
