using Grpc.Core;
using SshGateway.Hosting;
using SshGateway.Hosting.Files;
using SshGateway.Hosting.Tls;

namespace SshGateway.Feed.Client;

/// <summary>Opens streams to operators. Reads both files each time: CA and token change at run time.</summary>
internal sealed class OperatorAccess(FeedOptions options, TimeProvider time)
{
    /// <summary>How long an operator may say nothing: three heartbeats of endpoint_feed.proto.</summary>
    public static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(30);

    /// <summary>What a Hello says of the program.</summary>
    public static readonly string Version = typeof(OperatorAccess).Assembly.GetName().Version?.ToString(3) ?? "";

    // A ServiceAccount's token has 1,000 to 2,000.
    private const int MaxToken = 64 * 1024;

    /// <exception cref="RpcException">A file cannot be used.</exception>
    public OperatorStream Open(OperatorAddress address, CancellationToken cancellationToken)
    {
        OperatorCredentials? credentials = ReadCredentials();
        return new OperatorStream(new Uri($"{(credentials is null ? "http" : "https")}://{address.Name}"), credentials, address.EndPoint, cancellationToken);
    }

    /// <summary>Why a file cannot be used; null: both can.</summary>
    public string? FindProblem()
    {
        try
        {
            ReadCredentials();
            return null;
        }
        catch (RpcException problem)
        {
            return problem.Status.Detail;
        }
    }

    private OperatorCredentials? ReadCredentials()
    {
        if (options.AuthoritiesFile is null || options.TokenFile is null)
        {
            return null;
        }
        CertificateAuthorities authorities = Use($"{options.Program.Section}:OperatorCA", options.AuthoritiesFile, path => CertificateAuthorities.FromFile(path, time));
        return new OperatorCredentials(options.Program.Section, authorities, Use($"{options.Program.Section}:OperatorToken", options.TokenFile, ReadToken));
    }

    private static T Use<T>(string setting, string path, Func<string, T> read)
    {
        try
        {
            return read(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ConfigurationException)
        {
            throw new RpcException(new Status(StatusCode.Unauthenticated, $"{setting} cannot be used: {exception.Message}", exception));
        }
    }

    private static string ReadToken(string path)
    {
        string token = RegularFile.ReadText(path, MaxToken).Trim();
        // RFC 6750 section 2.1, b64token. Anything else would be refused by HttpClient with an exception that quotes
        // it.
        return token.Length > 0 && token.All(c => char.IsAsciiLetterOrDigit(c) || "-._~+/=".Contains(c, StringComparison.Ordinal))
            ? token
            : throw new ConfigurationException([$"{path}: holds no token; write one line with a ServiceAccount's token for the audience ssh-gateway-operator"]);
    }
}
