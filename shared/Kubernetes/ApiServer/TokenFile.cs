using System.Net.Security;
using SshGateway.Hosting.Files;

namespace SshGateway.Kubernetes.ApiServer;

/// <summary>
/// A token that a file holds. Kubelet replaces a projected ServiceAccount token well before it expires, so the file is
/// read again every minute, and at once when the server refused the token.
/// </summary>
/// <param name="clientCertificate">The certificate beside it, if any.</param>
/// <param name="otherwise">The token for as long as the file has never been readable; null: then there is none.</param>
internal sealed class TokenFile(string path, SslStreamCertificateContext? clientCertificate, TimeProvider time, string? otherwise = null) : ICredentialSource
{
    private const int MaxTokenBytes = 1024 * 1024;

    private static readonly TimeSpan RereadInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private string? _token = otherwise;
    private long? _readAt;

    public SslStreamCertificateContext? ClientCertificate => clientCertificate;

    public ValueTask<string?> GetTokenAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_readAt is not { } readAt || time.GetElapsedTime(readAt) >= RereadInterval)
            {
                Read();
            }
            return ValueTask.FromResult(_token);
        }
    }

    public void Invalidate()
    {
        lock (_lock)
        {
            _readAt = null;
        }
    }

    private void Read()
    {
        try
        {
            string token = RegularFile.ReadText(path, MaxTokenBytes).Trim();
            _token = token.Length > 0 ? token : throw new IOException($"{path}: the token file is empty");
        }
        catch (Exception exception) when (_token is not null && exception is IOException or UnauthorizedAccessException)
        {
            // The one that was read before may well be good for a while.
        }
        _readAt = time.GetTimestamp();
    }
}
